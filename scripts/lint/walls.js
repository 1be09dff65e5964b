/**
 * What each folder or file of builder/ may import from builder/: folders, or single files without `.ts`. The longest
 * name counts; a folder may always import from itself. ARCHITECTURE.md says what each folder is for.
 */
export const mayImport = {
  model: [],
  errors: ['model'],
  plan: ['model'],
  host: ['model', 'errors'],
  load: ['model', 'errors'],
  image: ['model', 'errors', 'host', 'boot'],
  boot: ['model'],
  'boot/kernel': ['model', 'errors', 'host', 'boot'],
  effects: ['model', 'boot'],
  stock: ['model'],
  engines: ['model', 'errors', 'host'],
  packages: ['model', 'errors', 'host', 'image'],
  emulate: ['model', 'errors', 'host', 'image', 'boot'],
  apply: ['model', 'errors', 'host', 'image', 'engines', 'load/state', 'load/remembered'],
  resolve: [
    'model',
    'errors',
    'host',
    'load',
    'image',
    'boot',
    'plan',
    'effects',
    'stock',
    'engines',
    'packages',
    'emulate',
    'apply',
  ],
  commands: [
    'model',
    'errors',
    'host',
    'load',
    'image',
    'boot',
    'plan',
    'effects',
    'stock',
    'engines',
    'packages',
    'emulate',
    'apply',
    'resolve',
  ],
  'option-rows': ['model'],
  verbs: ['model', 'commands', 'option-rows'],
  cli: ['model', 'errors', 'host', 'load', 'commands', 'option-rows', 'verbs'],
  compiled: [],
  start: ['compiled'],
  'report-error': ['model', 'errors', 'host', 'cli'],
  main: ['model', 'host', 'cli', 'report-error'],
}

/** The one file that imports a library, so that the library can be replaced there. */
export const doors = {
  '@clack/prompts': 'host/ask',
  commander: 'cli',
  execa: 'host/run',
  handlebars: 'plan/handlebars',
  ini: 'load/ini',
  'ipaddr.js': 'model/ipv4',
  'tar-stream': 'engines/order-tar',
  tmp: 'host/work-folder',
  yauzl: 'image/zip',
}

/** Node's modules that start programs or threads: for host/ only. */
export const processModules = ['child_process', 'cluster', 'worker_threads']

/** Folders whose functions give the same answer every time: nothing that reads this computer. */
export const pureFolders = ['model', 'plan', 'effects', 'stock']
export const impureModules = [
  ...processModules,
  'dgram',
  'dns',
  'fs',
  'http',
  'https',
  'net',
  'os',
  'perf_hooks',
  'process',
  'timers',
  'tls',
]
