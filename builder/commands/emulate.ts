import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { readBootContents } from '../emulate/boot-partition.js'
import { emulateBoard, type EmulationInput, reachGoal } from '../emulate/emulation.js'
import { Console } from '../emulate/guest.js'
import { hasVirtio, kernelVersion } from '../emulate/kernel.js'
import { cardSize, createLayer, layerFiles } from '../emulate/layer.js'
import { type Login, runOnNode, shellOnNode, sshWords, waitForSsh } from '../emulate/login.js'
import { type Board, userNetwork } from '../emulate/machine.js'
import { StepError, UserError } from '../errors.js'
import { formatBytes, report } from '../host/report.js'
import { freePort } from '../host/terminal.js'
import { findTool, installCommand, tools } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import { type OpenImage, withImage } from '../image/base-image.js'
import { unpackedBaseImage } from '../image/cache.js'
import { readRecord } from '../image/plan-record.js'
import { packageRoot } from '../load/library.js'
import { loginKeyFile, stateFolder } from '../load/state.js'
import type { PlanRecord } from '../model/plan-record.js'
import { table } from './show.js'

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
  const file = resolve(await unpackedBaseImage(name))
  const { board, why, record, bootPartition, size } = await withImage(file, name, async (image) => ({
    ...(await chooseBoard(image, options.board)),
    record: readRecord(image),
    bootPartition: image.bootPartition,
    size: image.size,
  }))
  return await withWorkFolder(workParent(name), async (folder) => {
    const files = layerFiles(resolve(options.keep ?? folder))
    await prepareLayer(file, size, files)
    const kvm = board === 'virt' && canRunGuests()
    const sshPort = await freePort()
    const login = loginOf(record, sshPort, folder)
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
      ? console.waitFor(/login: $/).then(() => undefined)
      : reachReady(login, input, until === 'ready')
  const state = await reachGoal({ step, work, seconds }, emulation, console)
  const passed = (performance.now() - started) / 1000
  report.note(`${until ?? 'ssh'} after ${passed.toFixed(0)} s`)
  if (ssh === true) await shellOnNode(login)
  const exitCode = await tell(state, login, { ...options, passed })
  if (options.keep !== undefined) await powerOff(login, emulation)
  stop.abort()
  await emulation
  return exitCode
}

/** Waits for sshd; with `untilSettled` also for the end of the boot. @returns what systemd says of it */
async function reachReady(login: Login, { stop }: EmulationInput, untilSettled: boolean): Promise<string> {
  for (;;) {
    await waitForSsh(login.port, stop)
    if (!untilSettled) return ''
    try {
      return (await runOnNode(login, 'systemctl is-system-running --wait')).stdout.trim()
    } catch (error) {
      // Lost while it reboots, or not a user's turn yet (pam_nologin); a wrong key stays wrong.
      if (!(error instanceof StepError) || /Permission denied/.test(error.message)) throw error
      report.debug(error.message)
    }
  }
}

/** The node's own report, where it was waited for. @returns the exit code */
async function tell(
  state: string | undefined,
  login: Login,
  options: Play & { passed: number },
): Promise<number> {
  if (options.until !== 'ready') {
    if (options.json === true)
      report.result(JSON.stringify({ image: options.label, seconds: options.passed }))
    return 0
  }
  const script = readFileSync(join(packageRoot(), 'scripts', 'self-check'), 'utf8')
  const { stdout, stderr } = await runOnNode(login, 'sudo -n sh -s', script)
  const lines = stdout.split('\n').filter((line) => line.includes('='))
  if (lines.length === 0) throw new StepError({ step: 'ask the node for its state', reason: stderr.trim() })
  const pairs = lines.map(
    (line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const,
  )
  if (options.json === true) {
    const node: Record<string, string[]> = {}
    for (const [key, value] of pairs) (node[key] ??= []).push(value)
    report.result(JSON.stringify({ image: options.label, seconds: options.passed, node }, undefined, 1))
  } else report.result(table(pairs))
  if (state === 'running') return 0
  const failed = pairs.flatMap(([key, value]) => (key === 'failed' ? [value] : []))
  throw new StepError({ step: `boot ${options.label} until ready`, reason: `the system is ${state ?? ''}; failed: ${failed.join(', ')}` }) // prettier-ignore
}

const shutdownTime = 60_000

/** A kept layer should hold a card that was shut down in order. */
async function powerOff(login: Login, emulation: Promise<unknown>): Promise<void> {
  await runOnNode(login, 'sudo -n systemctl poweroff').catch((error: unknown) => report.debug(String(error)))
  let timer: NodeJS.Timeout | undefined
  await Promise.race([emulation, new Promise((resolve) => (timer = setTimeout(resolve, shutdownTime)))])
  clearTimeout(timer)
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

/** By fact: QEMU's own machine for a kernel that finds its card there, else a Raspberry Pi 3. */
async function chooseBoard(
  image: OpenImage,
  wanted: Board | undefined,
): Promise<{ board: Board; why: string }> {
  if (wanted !== undefined) return { board: wanted, why: '--board' }
  const { kernel, initramfs } = readBootContents(image.boot, 'virt', image.name)
  const version = kernelVersion(kernel) ?? ''
  const builtIn = image.root.readFile(`/lib/modules/${version}/modules.builtin`)?.toString() ?? ''
  return (await hasVirtio(builtIn, initramfs))
    ? { board: 'virt', why: 'its kernel has virtio' }
    : { board: 'pi3', why: 'its kernel has no virtio' }
}

/** Makes the layer, or finds the one that is kept, if it belongs to this image. */
async function prepareLayer(
  image: string,
  size: number,
  files: ReturnType<typeof layerFiles>,
): Promise<void> {
  const { layer, identity } = files
  mkdirSync(dirname(layer), { recursive: true, mode: 0o700 })
  const { mtimeMs } = statSync(image)
  const own = JSON.stringify({ image, size, mtimeMs })
  if (existsSync(layer) && existsSync(identity)) {
    if (readFileSync(identity, 'utf8') === own) return
    const what = 'this layer was made over another image, or the image was built again since'
    throw new UserError([
      { severity: 'error', where: { file: layer }, what, hint: `remove ${dirname(layer)}` },
    ])
  }
  await createLayer(image, layer, cardSize(size))
  writeFileSync(identity, own)
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

/** Whether Linux runs guests of the same architecture on this computer's own processor (KVM). */
function canRunGuests(): boolean {
  return process.arch === 'arm64' && process.platform === 'linux' && mayWrite('/dev/kvm')
}

function loginOf(record: PlanRecord | undefined, port: number, folder: string): Login {
  const key = join(stateFolder(process.cwd()), loginKeyFile)
  return {
    user: text(record?.values['user']) ?? 'pi',
    port,
    folder,
    ...(existsSync(key) ? { key: relative(process.cwd(), key) } : {}),
  }
}

function text(value: PlanRecord['values'][string] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: PlanRecord['values'][string] | undefined): readonly string[] {
  return typeof value === 'object' ? value : typeof value === 'string' ? [value] : []
}
