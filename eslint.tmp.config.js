import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'
import { imports } from './scripts/lint/imports.js'
import { reExports } from './scripts/lint/re-exports.js'
import { pureFolders } from './scripts/lint/walls.js'

/** The largest file and function of builder/, in lines as formatted, with comments and blank lines. */
const limits = { file: 200, function: 60 }

/** What the same input could answer differently the next time. */
const impure = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'time is an argument' },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'time is an argument',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'plans are the same every time',
  },
  { selector: 'ImportSpecifier[imported.name=/^random/]', message: 'plans are the same every time' },
  { selector: 'MemberExpression[property.name=/^random[A-Z]/]', message: 'plans are the same every time' },
]

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  // No comment switches a rule off, and none keeps the formatter out.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-warning-comments': [
        'error',
        { terms: ['prettier-ignore', 'eslint-disable', '@ts-'], location: 'anywhere' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_$' }],
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['builder/**/*.ts', 'scripts/**/*.ts', 'test/**/*.ts'],
    plugins: { piimg: { rules: { imports, 're-exports': reExports } } },
    rules: { 'piimg/imports': 'error', 'piimg/re-exports': 'error' },
  },
  {
    files: ['builder/**/*.ts'],
    rules: {
      'max-lines': ['error', limits.file],
      'max-lines-per-function': ['error', limits.function],
      'max-params': ['error', 4],
    },
  },
  // Where piimg works is known in one place: main.ts makes a Place (model/place.ts), and everything else gets it.
  {
    files: ['builder/**/*.ts'],
    ignores: ['builder/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['cwd', 'env', 'chdir'].map((property) => {
          return { object: 'process', property, message: 'a Place says where piimg is; main.ts makes it' }
        }),
      ],
      'no-restricted-imports': [
        'error',
        ...['os', 'node:os'].map((name) => {
          const message = 'a Place says where piimg is; main.ts makes it'
          return { name, importNames: ['homedir', 'userInfo'], message }
        }),
        ...['process', 'node:process'].map((name) => {
          return { name, importNames: ['cwd', 'env', 'chdir'], message: 'a Place says where piimg is' }
        }),
      ],
    },
  },
  {
    files: pureFolders.map((folder) => `builder/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'performance'],
      'no-restricted-syntax': ['error', ...impure],
    },
  },
)
