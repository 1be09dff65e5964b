import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'rolldown'
import { precompiledModule } from './precompile.js'

const folder = 'dist/piimg'

// One file instead of some three hundred: a third of the time that piimg takes to start is the search for them.
const { output } = await build({
  input: { program: 'dist/builder/main.js' },
  platform: 'node',
  write: false,
  // The less there is to read, the sooner the program starts, and V8 does not collect garbage in a plan of one node. Names
  // stay, for the messages of internal errors.
  output: {
    format: 'cjs',
    entryFileNames: '[name].cjs',
    comments: { legal: true, annotation: false, jsdoc: false },
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
  },
  plugins: [
    {
      name: 'precompiled templates',
      load: (id) => (id.endsWith('/plan/precompiled.js') ? precompiledModule() : undefined),
    },
    {
      name: 'modules that are loaded when they are needed',
      // A bundler follows `require` only by this name, and an installed piimg may have no node_modules.
      transform: (code) =>
        code
          .replaceAll('createRequire(import.meta.url)(', 'require(')
          // Commander starts a program for each subcommand of a kind that piimg does not have.
          .replace("childProcess = require('node:child_process')", 'childProcess = undefined'),
    },
  ],
  logLevel: 'warn',
})
const modules = output
  .filter((part) => part.type === 'chunk')
  .map(({ fileName, code }) => `'./${fileName}'(exports, require, module, __dirname) {\n${code}}`)
const program = `({\n${modules.join(',\n')}\n})`
if (/[^.\w]import\("/.test(program.replaceAll(/\/\/.*|\/\*[^]*?\*\/|^\s*\*.*/gm, '')))
  throw new Error('V8 cannot import() in what it has compiled before: use process.getBuiltinModule()')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}/program.cjs`, program.replace(/[^\0-\x7f]/g, escaped))
await build({
  input: { main: 'dist/builder/start.js' },
  platform: 'node',
  // Node starts what is no ES module sooner: 0.1 × `node -e 0` of a plan of one node.
  output: { dir: folder, format: 'cjs', entryFileNames: '[name].cjs' },
  logLevel: 'warn',
})
execFileSync(process.execPath, ['dist/scripts/warm-up.js'], {
  // What it writes to stderr is seen where it fails.
  stdio: ['ignore', 'ignore', 'pipe'],
})

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
