import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { chooseBoard } from '../emulate/board.js'
import { emulateBoard, type EmulationInput } from '../emulate/emulation.js'
import { powerOff, reachEndOfBoot, reachGoal, selfCheck } from '../emulate/goal.js'
import { Console } from '../emulate/guest.js'
import { cardSize, layerFiles, prepareLayer } from '../emulate/layer.js'
import { type Login, shellOnNode, sshWords, waitForSsh } from '../emulate/login.js'
import { type Board, userNetwork } from '../emulate/machine.js'
import { StepError, UserError } from '../errors.js'
import { formatBytes, report } from '../host/report.js'
import { freePort } from '../host/terminal.js'
import { findTool, installCommand, tools } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import { withImage } from '../image/base-image.js'
import { readRecord } from '../image/plan-record.js'
import { packageRoot } from '../load/library.js'
import { loginKeyFile, stateFolder } from '../load/state.js'
import type { PlanRecord } from '../model/plan-record.js'
import { table } from './show.js'
import { unpackedImage } from './engine.js'

export const goals = ['login', 'ready'] as const

export interface EmulateOptions {
  readonly board?: Board
  readonly keep?: string
  readonly ssh?: boolean
  readonly until?: (typeof goals)[number]
  /** Seconds, as typed. */
  readonly timeout: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `piimg emulate [NODE | IMAGE]`: boots a card image in QEMU; the image itself is never written. */
export async function emulate(wanted: string | undefined, options: EmulateOptions): Promise<number> {
  const seconds = checkOptions(options)
  const name = chooseCard(process.cwd(), wanted)
  const file = resolve(await unpackedImage(name))
  const { board, why, kvm, record, bootPartition, size } = await withImage(file, name, async (image) => ({
    ...(await chooseBoard(image, options.board)),
    record: readRecord(image),
    bootPartition: image.bootPartition,
    size: image.size,
  }))
  return await withWorkFolder(workParent(name), async (folder) => {
    const files = layerFiles(resolve(options.keep ?? folder))
    await prepareLayer(file, size, files)
    const sshPort = await freePort()
    const login = loginOf(record, resolve(name), sshPort, folder)
    const speed = kvm ? 'this processor runs it' : 'emulated: a boot takes a minute or two'
    report.note(`${name} on ${boardNames[board]} (${why}; ${speed}), card of ${formatBytes(cardSize(size))}`)
    report.note(`ssh ${sshWords(login).join(' ')}`)
    const stop = new AbortController()
    const card = { image: file, name, layer: files.layer, bootPartition }
    const values = record?.values
    const network = userNetwork(text(values?.['address']), text(values?.['gateway']), list(values?.['dns']))
    const console = new Console()
    const input = { card, board, kvm, network, sshPort, label: basename(name), folder, log: files.log, console, keys: false, stop: stop.signal } // prettier-ignore
    try {
      return await play(input, login, { ...options, seconds, label: basename(name), stop })
    } finally {
      stop.abort()
    }
  })
}

interface Play extends EmulateOptions {
  readonly seconds: number
  readonly label: string
  readonly stop: AbortController
}

/** Boots, and does what was asked for: a console, a shell, or waiting for a goal. */
async function play(input: EmulationInput, login: Login, options: Play): Promise<number> {
  const { console } = input
  const { until, ssh, verbose, label, seconds, stop } = options
  if (until === undefined && ssh !== true) {
    report.note('the serial console follows; Ctrl-C ends the emulation')
    console.onOutput((bytes) => process.stdout.write(bytes))
    const end = await emulateBoard({ ...input, keys: true })
    report.note(end === 'panic' ? 'the kernel panicked' : 'the node is off')
    return end === 'panic' ? 1 : 0
  }
  if (verbose === true) console.onOutput((bytes) => process.stderr.write(bytes))
  const started = performance.now()
  const emulation = emulateBoard(input)
  emulation.catch(() => {})
  const step = ssh === true ? `log in to ${label}` : `boot ${label} until ${until ?? ''}`
  const work =
    until === 'login'
      ? console.waitFor(/login: $/).then(() => '')
      : until === 'ready'
        ? reachEndOfBoot(login, stop.signal)
        : waitForSsh(login.port, stop.signal).then(() => '')
  const state = await reachGoal({ step, work, seconds }, emulation, console)
  const passed = (performance.now() - started) / 1000
  report.note(`${until ?? 'ssh'} after ${passed.toFixed(0)} s`)
  if (ssh === true) await shellOnNode(login)
  const node = until === 'ready' ? await selfCheck(login, readSelfCheck()) : []
  tell(node, options, passed)
  if (options.keep !== undefined) await powerOff(login, emulation)
  stop.abort()
  await emulation
  if (until !== 'ready' || state === 'running') return 0
  const failed = node.flatMap(([key, value]) => (key === 'failed' ? [value] : []))
  const reason = failed.length === 0 ? state : `${state}; failed: ${failed.join(', ')}`
  throw new StepError({ step, reason })
}

function readSelfCheck(): string {
  return readFileSync(join(packageRoot(), 'scripts', 'self-check'), 'utf8')
}

/** How long it took, and what the node says of itself. */
function tell(pairs: readonly (readonly [string, string])[], options: Play, seconds: number): void {
  if (options.json === true) {
    const node: Record<string, string[]> = {}
    for (const [key, value] of pairs) (node[key] ??= []).push(value)
    report.result(JSON.stringify({ image: options.label, seconds, node }, undefined, 1))
  } else if (pairs.length > 0) report.result(table(pairs))
}

const boardNames: Readonly<Record<Board, string>> = { virt: "QEMU's own machine", pi3: 'a Raspberry Pi 3' }

/** Every problem of what was typed, and what is missing on this computer. @returns the time limit in seconds */
function checkOptions({ ssh, until, timeout }: EmulateOptions): number {
  const wrong = (key: string, what: string, hint: string) => ({ severity: 'error' as const, where: { file: 'command line', key }, what, hint }) // prettier-ignore
  const isSeconds = /^\d{1,6}$/.test(timeout)
  const problems = [
    ...(isSeconds ? [] : [wrong('--timeout', `"${timeout}" is not a number of seconds`, 'such as 600; 0: no limit')]),
    ...(ssh === true && until !== undefined ? [wrong('--ssh', '--ssh and --until exclude each other', 'choose one')] : []),
  ] // prettier-ignore
  if (problems.length > 0) throw new UserError(problems)
  const missing = [tools.qemu, tools.qemuImg, tools.ssh].filter((tool) => findTool(tool) === undefined)
  if (missing.length === 0) return Number(timeout)
  const names = missing.map(({ name }) => name).join(', ')
  const reason = `${names} ${missing.length === 1 ? 'is' : 'are'} not installed`
  throw new StepError({ step: 'emulate a board', reason, hint: installCommand(missing) })
}

/** A file, or the card of a node in out/; without either the only card there. */
function chooseCard(folder: string, wanted: string | undefined): string {
  const cards = join(folder, 'out')
  const images = existsSync(cards) ? readdirSync(cards).filter((name) => name.endsWith('.img')).sort() : [] // prettier-ignore
  const refuse = (what: string, hint: string) =>
    new UserError([{ severity: 'error', where: { file: 'command line', key: wanted ?? 'NODE' }, what, hint }])
  const build = 'piimg build --profile worker --hostname node3 makes one'
  if (wanted === undefined) {
    const [only, ...others] = images
    if (only === undefined) throw refuse('no card was built in this folder (out/*.img)', build)
    if (others.length > 0) throw refuse('which node?', `out/ has ${images.join(', ')}`)
    return join('out', only)
  }
  if (existsSync(resolve(folder, wanted)) && statSync(resolve(folder, wanted)).isFile()) return wanted
  if (images.includes(`${wanted}.img`)) return join('out', `${wanted}.img`)
  const hint = images.length === 0 ? build : `out/ has ${images.join(', ')}`
  throw refuse(`"${wanted}" is neither an image nor a node that was built in this folder`, hint)
}

/** Beside the image, where there is room for what the guest writes; else in the folder for temporary files. */
function workParent(image: string): string {
  const folder = dirname(resolve(image))
  return mayWrite(folder) ? folder : tmpdir()
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** With the key of the cluster that was built here, or where the image is. */
function loginOf(record: PlanRecord | undefined, image: string, port: number, folder: string): Login {
  const key = [process.cwd(), dirname(image), dirname(dirname(image))]
    .map((place) => join(stateFolder(place), loginKeyFile))
    .find((file) => existsSync(file))
  return {
    user: text(record?.values['user']) ?? 'pi',
    port,
    folder,
    ...(key === undefined ? {} : { key: relative(process.cwd(), key) }),
  }
}

function text(value: PlanRecord['values'][string] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: PlanRecord['values'][string] | undefined): readonly string[] {
  return typeof value === 'object' ? value : typeof value === 'string' ? [value] : []
}
