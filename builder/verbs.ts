import type { Place } from './model/place.js'
import { image, machines, nodes, ofNodes, type Row, secrets, setting, values } from './option-rows.js'

/** What a verb's function returns: the exit code. It gets the place, the arguments, and the options. */
export type Verb = (place: Place, ...values: never[]) => number | Promise<number>

/** One verb of the command line. */
export interface VerbRow {
  readonly name: string
  readonly summary: string
  readonly args?: readonly Row[]
  readonly options?: readonly Row[]
  /** Below the options in its help. */
  readonly after?: string
  readonly isHidden?: boolean
  /** Options behind the first argument are those of another program. */
  readonly passesThrough?: boolean
  /** Verbs are loaded when they are asked for, since their libraries cost time at every start. */
  readonly load: () => Promise<Verb>
}

/** The commands, in the order of the help. */
export const verbs: readonly VerbRow[] = [
  {
    name: 'init',
    summary: 'write a cluster.ini, by asking a few questions',
    options: [
      ...values,
      { flags: '-y, --yes', summary: 'ask nothing, and take the defaults' },
      { flags: '--name <name>', summary: "the cluster's name (default: the folder's)" },
      { flags: '--workers <number>', summary: 'how many, beside the master (default: 3)' },
      { flags: '--network <cidr>', summary: 'of the cluster (default: one that this computer is not in)' },
    ],
    after:
      'Example: piimg init --yes --workers 5 --set wifi_ssid=Home --set wifi_country=GB --set-file wifi_psk=psk.txt',
    load: async () => (await import('./commands/init.js')).init,
  },
  {
    name: 'build',
    summary: "make a node's card image, or several",
    options: [...nodes, setting('output'), setting('engine')],
    after: 'Example: piimg build --profile worker --hostname node3 --image lite.img.xz',
    load: async () => (await import('./commands/build.js')).build,
  },
  {
    name: 'plan',
    summary: 'show what build would write; writes nothing',
    options: [...nodes, secrets],
    load: async () => (await import('./commands/plan.js')).plan,
  },
  {
    name: 'render',
    summary: 'print one final file',
    args: [
      { flags: '<hostname>', summary: 'the node' },
      { flags: '<path>', summary: 'such as root/etc/hosts or boot/config.txt' },
    ],
    options: [setting('profile'), setting('groups'), setting('overlays'), ...ofNodes, secrets],
    load: async () => (await import('./commands/render.js')).render,
  },
  {
    name: 'check',
    summary: 'find every problem of profiles, overlays and nodes',
    options: nodes,
    load: async () => (await import('./commands/check.js')).check,
  },
  {
    name: 'list',
    summary: 'list what there is',
    args: [
      {
        flags: '<what>',
        summary: 'profiles, overlays, variables or groups',
        words: ['profiles', 'overlays', 'variables', 'groups'],
      },
    ],
    load: async () => (await import('./commands/list.js')).list,
  },
  {
    name: 'inspect',
    summary: 'show what an image is, what differs from a stock image, and what piimg put in',
    args: [image],
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  {
    name: 'verify',
    summary: 'check a card image: its files, what it will do, both file systems',
    args: [image],
    load: async () => (await import('./commands/verify.js')).verify,
  },
  {
    name: 'diff',
    summary: 'show which files of two images differ',
    args: [
      { flags: '<image-a>', summary: '' },
      { flags: '<image-b>', summary: '' },
    ],
    options: [{ flags: '--contents', summary: 'compare the bytes of every file' }],
    load: async () => (await import('./commands/diff.js')).diff,
  },
  {
    name: 'emulate',
    summary: 'boot built cards in QEMU on this computer; the images are never changed',
    args: [{ flags: '[node-or-image]', summary: 'node3, or a file; default: all nodes with a card in out/' }],
    options: [
      {
        flags: '--machine <name>',
        summary: 'what QEMU emulates; default: by the kernel',
        words: machines,
      },
      {
        flags: '--board <name>',
        summary: 'the older name of --machine',
        words: machines,
        isHidden: true,
        conflicts: 'machine',
      },
      {
        flags: '--ssh',
        summary: 'open a shell on the node, or the master, once it is up; the emulation ends with it',
      },
      {
        flags: '--until <goal>',
        summary: 'end when every node asks for a login, or is up and well',
        words: ['login', 'ready'],
      },
      {
        flags: '--timeout <seconds>',
        summary: 'time limit for --until and --ssh; slower nodes are reported; 0: no limit',
        default: '900',
      },
      {
        flags: '--keep <folder>',
        summary: 'keep what the node writes, and go on from there the next time',
      },
    ],
    after: `The kernel, its initramfs and its command line come from the boot partition, again at each reboot, as on a board.
What an emulated board cannot show: the board's firmware, config.txt beyond the kernel, Wi-Fi, Bluetooth, GPIO, and
speed. All nodes of a cluster are at one switch, and the master's way to the internet is eth1. A worker that is booted by
itself finds QEMU as gateway and DNS server.

Examples: piimg emulate; piimg emulate node3 --ssh`,
    load: async () => (await import('./commands/emulate.js')).emulate,
  },
  {
    name: 'ssh',
    summary: 'log in to a node, or run a command on it',
    args: [
      { flags: '[node]', summary: 'default: the master' },
      { flags: '[word...]', summary: '' },
    ],
    passesThrough: true,
    after: 'What follows the node is handed to ssh.\n\nExample: piimg ssh node3 uptime',
    load: async () => (await import('./commands/ssh.js')).ssh,
  },
  {
    name: 'keys',
    summary:
      "replace the cluster's keys and secrets, or one secret, for the next builds; old keys are kept aside",
    args: [
      { flags: '<action>', summary: '', words: ['rotate'] },
      { flags: '[secret]', summary: 'only this secret of an overlay, such as redis_password' },
    ],
    load: async () => (await import('./commands/keys.js')).rotate,
  },
  {
    name: 'doctor',
    summary: 'show what is missing on this computer',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  {
    name: 'apply',
    summary: '',
    isHidden: true,
    load: async () => (await import('./commands/write-inside.js')).apply,
  },
]
