import { execFileSync } from 'node:child_process'
import { build } from 'rolldown'
import { precompiledModule } from './precompile.js'

const folder = 'dist/piimg'

// A few files instead of some three hundred: a third of the time that piimg takes to start is the search for them.
await build({
  input: { program: 'dist/builder/main.js' },
  platform: 'node',
  output: {
    dir: folder,
    cleanDir: true,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  },
  plugins: [
    {
      name: 'precompiled templates',
      load: (id) => (id.endsWith('/plan/precompiled.js') ? precompiledModule() : undefined),
    },
    {
      name: 'modules that are loaded when they are needed',
      // A bundler follows `require` only by this name, and an installed piimg may have no node_modules.
      transform: (code) => code.replaceAll('createRequire(import.meta.url)(', 'require('),
    },
  ],
  logLevel: 'warn',
})
await build({
  input: { main: 'dist/builder/start.js' },
  platform: 'node',
  // Node starts what is no ES module sooner: 0.1 × `node -e 0` of a plan of one node.
  output: { dir: folder, format: 'cjs', entryFileNames: '[name].cjs' },
  logLevel: 'warn',
})
execFileSync(process.execPath, ['dist/scripts/warm-up.js'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
