import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

/** Which folders of builder/ a folder may import from (ARCHITECTURE.md, "Walls"). */
const mayImport = {
  model: [],
  host: ['model', 'errors'],
  image: ['model', 'host', 'errors'],
  load: ['model', 'errors'],
  plan: ['model'],
  engines: ['model', 'host', 'errors'],
  apply: ['model', 'host', 'errors', 'image', 'engines', 'load/state', 'load/remembered'],
  boot: ['model', 'host'],
  emulate: ['model', 'host', 'errors', 'image', 'boot'],
  packages: ['model', 'host', 'errors', 'image'],
  resolve: ['model', 'host', 'errors', 'image', 'load', 'plan', 'apply', 'engines', 'emulate', 'packages'],
  commands: [
    'model',
    'host',
    'errors',
    'image',
    'load',
    'plan',
    'apply',
    'engines',
    'emulate',
    'packages',
    'resolve',
  ],
}
const folders = Object.keys(mayImport)

/** Each library has one door, so that it can be replaced there. */
const libraries = {
  '@clack/prompts': ['host/ask.ts'],
  commander: ['cli.ts', 'main.ts'],
  execa: ['host/run.ts', 'host/start.ts'],
  handlebars: ['plan/template.ts'],
  ini: ['load/ini.ts'],
  'ipaddr.js': ['model/ipv4.ts'],
  'tar-stream': ['engines/order-tar.ts'],
  tmp: ['host/work-folder.ts'],
  yauzl: ['image/zip.ts', 'image/compression.ts'],
}

const processModules = ['child_process', 'node:child_process', 'cluster', 'node:cluster', 'worker_threads']
const impureModules = [
  ...processModules,
  'fs',
  'node:fs',
  'node:fs/promises',
  'os',
  'node:os',
  'node:net',
  'node:process',
]

function wallsOf(folder) {
  const allowed = mayImport[folder]
  const forbidden = folders.filter((other) => other !== folder && !allowed.includes(other))
  const files = allowed.filter((name) => name.includes('/')).map((name) => `!../${name}.js`)
  const group = [...forbidden.map((other) => `../${other}/*`), ...files]
  const isPure = folder === 'plan' || folder === 'model'
  const paths = [
    ...(isPure ? impureModules : folder === 'host' ? [] : processModules),
    ...Object.keys(libraries).filter(
      (name) => !libraries[name].some((file) => file.startsWith(`${folder}/`)),
    ),
  ]
  return {
    files: [`builder/${folder}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: paths.map((name) => ({ name, message: `${folder}/ has no door to ${name}` })),
          patterns:
            forbidden.length === 0 ? [] : [{ group, message: `${folder}/ may not import from there` }],
        },
      ],
      ...(isPure
        ? {
            'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'performance'],
            'no-restricted-syntax': [
              'error',
              {
                selector: "NewExpression[callee.name='Date'][arguments.length=0]",
                message: 'time is an argument',
              },
              {
                selector: "MemberExpression[object.name='Date'][property.name='now']",
                message: 'time is an argument',
              },
              {
                selector: "MemberExpression[object.name='Math'][property.name='random']",
                message: 'plans are the same every time',
              },
              {
                selector: 'ImportSpecifier[imported.name=/^random/]',
                message: 'plans are the same every time',
              },
            ],
          }
        : {}),
    },
  }
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  // No comment switches a rule off, and none keeps the formatter out.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
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
    files: ['builder/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 275, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 4],
    },
  },
  ...folders.map(wallsOf),
)
