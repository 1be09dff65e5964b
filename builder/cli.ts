import { Argument, Command, CommanderError, Option } from 'commander'
import type { CompletedVerb, shells } from './commands/completion.js'
import { report } from './host/report.js'
import { readVersion } from './load/version.js'
import type { Place } from './model/place.js'

/** What a verb's function returns: the exit code. */
type Verb = (place: Place, ...values: never[]) => number | Promise<number>

/**
 * The command line: what there is to type, and which verb it starts. Verbs are loaded when they are asked for, since
 * their libraries cost time at every start.
 * @returns the exit code
 * @throws {CommanderError} for a command line that makes no sense
 */
export async function runCommandLine(place: Place, words: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = new Command('piimg')
  const verb = (command: Command, load: () => Promise<Verb>): void => {
    command.action(async (...values: unknown[]) => {
      const start = await load()
      // Commander hands over the arguments, the options, and the command itself.
      exitCode = await start(place, ...(values.slice(0, -1) as never[]))
    })
  }
  program
    .description('Turns one stock Raspberry Pi OS image into the SD-card images of a cluster.')
    .version(readVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('(piimg --help lists what there is)')
    .hook('preAction', (_, command) => {
      const { quiet, verbose } = command.opts<{ quiet?: boolean; verbose?: boolean }>()
      report.configure({ quiet: quiet === true, verbose: verbose === true })
    })
  declareNodeVerbs(program, verb)
  declareOtherVerbs(program, verb)
  for (const command of program.commands) {
    command
      .exitOverride()
      .option('--json', 'print the result for programs')
      .option('-q, --quiet', 'print results, warnings and errors only')
      .option('-v, --verbose', 'print every command that is run')
  }
  await program.parseAsync(words, { from: 'user' })
  return exitCode
}

/** The exit code for an error about which commander has printed everything; undefined for any other error. */
export function exitCodeOf(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined
  return error.exitCode === 0 ? 0 : 2
}

type Declare = (command: Command, load: () => Promise<Verb>) => void

function declareNodeVerbs(program: Command, verb: Declare): void {
  const init = valueOptions(program.command('init'))
    .description('write a cluster.ini, by asking a few questions')
    .option('-y, --yes', 'ask nothing, and take the defaults')
    .option('--name <name>', "the cluster's name (default: the folder's)")
    .option('--workers <number>', 'how many, beside the master (default: 3)')
    .option('--network <cidr>', 'of the cluster (default: one that this computer is not in)')
    .addHelpText(
      'after',
      '\nExample: piimg init --yes --workers 5 --set wifi_ssid=Home --set wifi_country=GB --set-file wifi_psk=psk.txt',
    )
  verb(init, async () => (await import('./commands/init.js')).init)

  const build = nodeOptions(program.command('build'))
    .description("make a node's card image, or several")
    .option('-o, --output <path>', 'a file (node3.img) or a folder (default: out/)')
    .addOption(
      new Option(
        '--engine <name>',
        'rootless: with e2fsprogs and mtools; loop: with mounts in a container; auto: as it can',
      )
        .choices(['auto', 'rootless', 'loop'])
        .default('auto'),
    )
    .addHelpText('after', '\nExample: piimg build --profile worker --hostname node3 --image lite.img.xz')
  verb(build, async () => (await import('./commands/build.js')).build)

  const plan = secretOption(nodeOptions(program.command('plan')))
  plan.description('show what build would write; writes nothing')
  verb(plan, async () => (await import('./commands/plan.js')).plan)

  const render = secretOption(nodeOptions(program.command('render'), false))
    .argument('<hostname>', 'the node')
    .argument('<path>', 'such as root/etc/hosts or boot/config.txt')
    .description('print one final file')
  verb(render, async () => (await import('./commands/render.js')).render)

  const check = nodeOptions(program.command('check'))
  check.description('find every problem of profiles, overlays and nodes')
  verb(check, async () => (await import('./commands/check.js')).check)
}

function declareOtherVerbs(program: Command, verb: Declare): void {
  const list = program
    .command('list')
    .addArgument(new Argument('<what>').choices(['profiles', 'overlays', 'variables']))
    .description('list what there is')
  verb(list, async () => (await import('./commands/list.js')).list)

  const inspect = program.command('inspect').argument('<image>')
  inspect.description('show what an image is, and what piimg put in')
  verb(inspect, async () => (await import('./commands/inspect.js')).inspect)

  const verify = program.command('verify').argument('<image>')
  verify.description('compare a card image with its plan, and check it')
  verb(verify, async () => (await import('./commands/verify.js')).verify)

  const diff = program.command('diff').argument('<image-a>').argument('<image-b>')
  diff
    .option('--contents', 'compare the bytes of every file')
    .description('show which files of two images differ')
  verb(diff, async () => (await import('./commands/diff.js')).diff)

  declareEmulate(program, verb)

  const ssh = program.command('ssh').argument('[node]', 'the master, if not given').argument('[word...]')
  ssh.description('log in to a node, or run a command on it').passThroughOptions()
  ssh.addHelpText('after', '\nWhat follows the node is handed to ssh.\n\nExample: piimg ssh node3 uptime')
  verb(ssh, async () => (await import('./commands/ssh.js')).ssh)

  const keys = program.command('keys').addArgument(new Argument('<action>').choices(['rotate']))
  keys.description("replace the cluster's keys, for the next builds; the old ones are kept aside")
  verb(keys, async () => (await import('./commands/keys.js')).rotate)

  const doctor = program.command('doctor').description('show what is missing on this computer')
  verb(doctor, async () => (await import('./commands/doctor.js')).doctor)

  const apply = program.command('apply', { hidden: true })
  verb(apply, async () => (await import('./commands/write-inside.js')).apply)

  const completion = program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('print what makes a shell complete piimg')
  verb(completion, async () => {
    const { completion: print } = await import('./commands/completion.js')
    return (own: Place, shell: (typeof shells)[number]) =>
      print(own, shell, visible(program).map(completedVerb))
  })
}

function declareEmulate(program: Command, verb: Declare): void {
  const emulate = program
    .command('emulate')
    .argument('[node-or-image]', 'node3, or a file; all nodes with a card in out/ if not given')
    .addOption(
      new Option('--machine <name>', 'what QEMU emulates; chosen by the kernel if not given').choices(
        machineNames,
      ),
    )
    .addOption(
      new Option('--board <name>', 'the older name of --machine')
        .choices(machineNames)
        .conflicts('machine')
        .hideHelp(),
    )
    .option('--ssh', 'open a shell on the node, or the master, once it is up; the emulation ends with it')
    .addOption(
      new Option('--until <goal>', 'end when every node asks for a login, or is up and well').choices([
        'login',
        'ready',
      ]),
    )
    .option(
      '--timeout <seconds>',
      'how long --until and --ssh wait, and when a node is told to be late; 0: no limit',
      '900',
    )
    .option('--keep <folder>', 'keep what the node writes, and go on from there the next time')
    .description('boot built cards in QEMU on this computer; the images are never changed')
  emulate.addHelpText('after', emulateHelp)
  verb(emulate, async () => (await import('./commands/emulate.js')).emulate)
}

const machineNames = ['virt', 'pi3']

const emulateHelp = `
The kernel, its initramfs and its command line come from the boot partition, again at each reboot, as on a board.
What an emulated board cannot show: the board's firmware, config.txt beyond the kernel, Wi-Fi, Bluetooth, GPIO, and
speed. All nodes of a cluster are at one switch, and the master's way to the internet is eth1. A worker that is booted by
itself finds QEMU as gateway and DNS server.

Examples: piimg emulate; piimg emulate node3 --ssh`

function visible(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program)
}

function completedVerb(command: Command): CompletedVerb {
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ long, description }) => ({ word: long ?? '', summary: description }))
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [...choices.map((word) => ({ word, summary: command.description() })), ...options]
  return { name: command.name(), summary: command.description(), words }
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]

function valueOptions(command: Command): Command {
  return command
    .option('--set <name=value>', 'give a variable; may be repeated', collect)
    .option('--set-file <name=path>', 'give a variable by a file: for secrets', collect)
}

function nodeOptions(command: Command, withHostname = true): Command {
  command.option('--profile <name>', 'what kind of node it is, such as worker')
  if (withHostname) command.option('--hostname <name>', 'its name, or node2..node9; may be repeated', collect)
  return valueOptions(command)
    .option('--node <name>', 'of cluster.ini this node, or node2..node9; may be repeated', collect)
    .option('--image <file>', 'the base image (default: PIIMG_IMAGE, or the only one in this folder)')
    .addOption(
      new Option(
        '--packages <how>',
        'whether the first boot downloads what it installs, or the card brings it along (packages.lock says what)',
      )
        .choices(['download', 'bundle'])
        .default('download'),
    )
}

function secretOption(command: Command): Command {
  return command.option('--show-secrets', 'do not mask passwords and hashes')
}
