import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makePracticeImage } from './practice/image.js'

const usage = `Usage: scripts/bench [--runs N] [--folder DIR] [--docker] IMAGE
Builds one node and eight from IMAGE, in turn with "cp --sparse=always" of the same file, N times each (5 if not given).
Plans and checks a cluster of 1,000 nodes as often. Compares the processor time of a plan of one node with that of "node -e 0", in
21 pairs, and measures that of the checks of a card's promises. Where Docker answers, builds one node by the loop engine, too, in
turn with one by the rootless engine.
Prints medians, ratios and the share of each step; fails where a figure is beyond twice its target.`

/** Targets of the project, in seconds beside the copies, as factor and addition. */
const targets = {
  factor: 1.15,
  one: 0.5,
  eight: 2,
  planning: 0.15,
  loop: 1,
  memory: 200 * 1024 * 1024,
  thousand: 2,
  thousandMemory: 300 * 1024 * 1024,
  /** Processor time of a plan of one node, in that of `node -e 0`. */
  start: 2.5,
  check: 1.5,
  checkMemory: 120 * 1024 * 1024,
  /** Milliseconds of processor time: what the checks of one base image take, once. */
  effects: 15,
}

const thousandNodes = '[cluster]\nnetwork = 10.0.0.0/16\n\n[master]\nuplink = eth1\n\n[node2..node1000]\n'

interface Measured {
  readonly wall: number
  readonly memory: number
  readonly output: string
}

interface Run extends Omit<Measured, 'output'> {
  readonly planning: number
  readonly steps: Readonly<Record<string, number>>
}

const main = join(dirname(fileURLToPath(import.meta.url)), '../piimg/main.cjs')

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    folder: { type: 'string' },
    docker: { type: 'boolean' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
})
const [image] = positionals
if (values.help === true || image === undefined) {
  console.error(usage)
  process.exit(values.help === true ? 0 : 2)
}
process.exitCode = await bench(resolve(image), Number(values.runs), values.folder ?? tmpdir())

async function bench(base: string, runs: number, folder: string): Promise<number> {
  const work = mkdtempSync(join(folder, 'piimg-bench-'))
  try {
    const results = { one: [] as Run[], eight: [] as Run[], copy: [] as number[], copies: [] as number[] }
    await build(base, work, 1)
    for (let run = 0; run < runs; run++) {
      results.copy.push(copy(base, work, 1))
      results.one.push(await build(base, work, 1))
    }
    for (let run = 0; run < runs; run++) {
      results.copies.push(copy(base, work, 8))
      results.eight.push(await build(base, work, 8))
    }
    const large = join(work, 'large.img')
    await makePracticeImage('trixie', large, { rootSize: 16 * 1024 ** 3 })
    const memory = (await build(large, work, 1)).memory
    const areFine = [
      benchStart(base, work),
      benchEffects(base),
      printed(base, results, memory),
      await benchThousand(base, work, runs),
      await benchCheck(base, work, runs),
      await (values.docker === true ? benchLoopInOwnDocker : benchLoop)(base, work, runs),
    ]
    return areFine.every((isFine) => isFine) ? 0 : 1
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Plans a cluster file of 1,000 nodes; false beyond twice the targets. */
async function benchThousand(base: string, work: string, runs: number): Promise<boolean> {
  const folder = join(work, 'thousand')
  mkdirSync(folder)
  writeFileSync(join(folder, 'cluster.ini'), thousandNodes)
  // A cluster that was built before: there are keys and certificates to make.
  cpSync(join(work, '.piimg'), join(folder, '.piimg'), { recursive: true })
  const all: Measured[] = []
  for (let run = 0; run < runs; run++) all.push(await measured(['plan', '--image', base], folder))
  console.log('')
  const wall = median(all.map((run) => run.wall))
  const memory = mebibytes(Math.max(...all.map((run) => run.memory)))
  return [
    limit('planning 1,000 nodes', Number(wall.toFixed(2)), targets.thousand, 's'),
    limit('memory, 1,000 nodes', memory, mebibytes(targets.thousandMemory), 'MiB'),
  ].every((ok) => ok)
}

/** The same in a Docker daemon that is there for this. */
async function benchLoopInOwnDocker(base: string, work: string, runs: number): Promise<boolean> {
  const { startDocker } = await import('../test/docker/daemon.js')
  const { host, reason, end } = await startDocker()
  try {
    if (reason === '') process.env['DOCKER_HOST'] = host
    else console.log(`\nno Docker daemon: ${reason}`)
    return await benchLoop(base, work, runs)
  } finally {
    await end()
  }
}

/** Plans one node in turn with a program that does nothing; false beyond twice the target. */
function benchStart(base: string, work: string): boolean {
  const plan = [main, 'plan', '--profile', 'worker', '--hostname', 'node2', '--image', base]
  const pairs = Array.from({ length: 21 }, () => {
    return processorTime(plan, work) / processorTime(['-e', '0'], work)
  })
  console.log('')
  return limit('plan, one node', Number(median(pairs).toFixed(2)), targets.start, '× node -e 0')
}

/**
 * What the checks of a card's promises take for a base image that was just opened: in a fresh process, which has to
 * compile them (piimg's bundle brings them compiled), and in one that has done so before; false beyond twice the target.
 */
function benchEffects(base: string): boolean {
  const program = join(dirname(fileURLToPath(import.meta.url)), 'bench-effects.js')
  const run = (runs: number) =>
    JSON.parse(execFileSync(process.execPath, [program, base, String(runs)], { encoding: 'utf8' })) as {
      first: number
      warm: number
    }
  const fresh = median(Array.from({ length: 21 }, () => run(1).first))
  const { warm } = run(201)
  return [
    limit('effects, one base', Number(fresh.toFixed(1)), targets.effects, 'ms of processor time'),
    limit('the same again', Number(warm.toFixed(1)), targets.effects, 'ms of processor time'),
  ].every((ok) => ok)
}

/** Checks the cluster of `benchThousand`; false beyond twice the targets. */
async function benchCheck(base: string, work: string, runs: number): Promise<boolean> {
  const folder = join(work, 'thousand')
  const words = ['check', '--image', base]
  const times: number[] = []
  const memory: number[] = []
  for (let run = 0; run < runs; run++) {
    times.push(processorTime([main, ...words], folder))
    memory.push((await measured(words, folder)).memory)
  }
  return [
    limit('checking 1,000 nodes', Number(median(times).toFixed(2)), targets.check, 's of processor time'),
    limit('memory of that', mebibytes(median(memory)), mebibytes(targets.checkMemory), 'MiB'),
  ].every((ok) => ok)
}

/** Seconds of user and system time that Node takes for the arguments; bash(1), TIMEFORMAT. */
function processorTime(words: readonly string[], cwd: string): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null 2>&1'
  const args = ['-c', script, 'bash', process.execPath, ...words]
  const { status, stderr } = spawnSync('bash', args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${String(status)}`)
  return stderr
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds), 0)
}

/** What the loop engine takes longer than the rootless one; false beyond twice the target. */
async function benchLoop(base: string, work: string, runs: number): Promise<boolean> {
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) {
    console.log('\nloop engine: Docker does not answer here, so it is not measured')
    return true
  }
  const loop = ['--engine', 'loop']
  await build(base, work, 1, loop)
  const pairs: { readonly rootless: Run; readonly loop: Run }[] = []
  for (let run = 0; run < runs; run++) {
    pairs.push({ rootless: await build(base, work, 1), loop: await build(base, work, 1, loop) })
  }
  console.log('')
  const over = median(pairs.map((pair) => pair.loop.wall - pair.rootless.wall))
  const wall = median(pairs.map((pair) => pair.loop.wall))
  console.log(`one node, loop engine  ${wall.toFixed(2)} s`)
  const isFine = limit('over the rootless one', Number(over.toFixed(2)), targets.loop, 's')
  printShares(pairs.map((pair) => pair.loop))
  return isFine
}

function printed(
  base: string,
  { one, eight, copy, copies }: { one: Run[]; eight: Run[]; copy: number[]; copies: number[] },
  largeMemory: number,
): boolean {
  const { size, blocks } = statSync(base)
  console.log(
    `${base}: ${mebibytes(size)} MiB, ${mebibytes(blocks * 512)} MiB on disk; medians of ${one.length} runs\n`,
  )
  const limits = [
    compare(
      'one node',
      one.map(({ wall }) => wall),
      copy,
      targets.one,
    ),
    compare(
      'eight nodes',
      eight.map(({ wall }) => wall),
      copies,
      targets.eight,
    ),
    limit(
      'planning one node',
      Number(median(one.map(({ planning }) => planning)).toFixed(3)),
      targets.planning,
      's',
    ),
    limit(
      'memory, peak',
      mebibytes(Math.max(...one.map(({ memory }) => memory))),
      mebibytes(targets.memory),
      'MiB',
    ),
    limit('memory, 16 GiB base', mebibytes(largeMemory), mebibytes(targets.memory), 'MiB'),
  ]
  printShares(one)
  return limits.every((ok) => ok)
}

function printShares(one: readonly Run[]): void {
  console.log('\nshare of each step, one node')
  const wall = median(one.map((run) => run.wall))
  const steps = new Set(one.flatMap((run) => Object.keys(run.steps)))
  const shares = [...steps].map((step) => [step, median(one.map((run) => run.steps[step] ?? 0))] as const)
  const rest = wall - shares.reduce((sum, [, seconds]) => sum + seconds, 0)
  for (const [step, seconds] of [...shares, ['start and end of the program', rest] as const]) {
    console.log(`  ${step.padEnd(30)} ${seconds.toFixed(3)} s  ${Math.round((seconds / wall) * 100)} %`)
  }
}

/** Prints one comparison; false beyond twice the target. */
function compare(name: string, walls: number[], copies: number[], addition: number): boolean {
  const wall = median(walls)
  const copied = median(copies)
  const target = targets.factor * copied + addition
  const ratios = walls.map((value, index) => value / (copies[index] ?? copied))
  console.log(
    `${name.padEnd(22)} ${wall.toFixed(2)} s  copy ${copied.toFixed(2)} s  ratio ${median(ratios).toFixed(2)}  ` +
      `target ${target.toFixed(2)} s ${verdict(wall, target)}`,
  )
  return wall <= 2 * target
}

function limit(name: string, value: number, target: number, unit: string): boolean {
  console.log(`${name.padEnd(22)} ${value} ${unit}  target ${target} ${unit} ${verdict(value, target)}`)
  return value <= 2 * target
}

function verdict(value: number, target: number): string {
  return value <= target ? 'met' : value <= 2 * target ? 'missed' : 'FAR OFF'
}

/** Seconds of `count` copies, one after the other. */
function copy(base: string, work: string, count: number): number {
  const started = performance.now()
  for (let index = 0; index < count; index++) {
    execFileSync('cp', ['--sparse=always', base, join(work, `copy${index}.img`)])
  }
  const seconds = (performance.now() - started) / 1000
  removeImages(work)
  return seconds
}

async function build(base: string, work: string, count: number, more: readonly string[] = []): Promise<Run> {
  const hostnames = count === 1 ? 'node2' : `node2..node${count + 1}`
  const words = [
    'build',
    '--json',
    '-q',
    '--profile',
    'worker',
    '--hostname',
    hostnames,
    '--image',
    base,
    '-o',
    work,
    ...more,
  ]
  const { wall, memory, output } = await measured(words, work)
  removeImages(work)
  const { planSeconds, cards } = JSON.parse(output) as {
    planSeconds: number
    cards: { seconds: Record<string, number> }[]
  }
  return { wall, memory, planning: planSeconds, steps: { plan: planSeconds, ...cards[0]?.seconds } }
}

/** One run of piimg from start to end. Memory is the sum of the peaks of piimg and of the largest of its children. */
async function measured(words: readonly string[], folder: string): Promise<Measured> {
  const started = performance.now()
  const child = spawn(process.execPath, [main, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const peaks = new Map<string, number>()
  const timer = setInterval(() => {
    for (const pid of [String(child.pid), ...childrenOf(child.pid)])
      peaks.set(pid, peakMemory(pid) ?? peaks.get(pid) ?? 0)
  }, 5)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((done) => child.on('close', done))
  clearInterval(timer)
  const wall = (performance.now() - started) / 1000
  if (code !== 0) throw new Error(`piimg ended with ${String(code)}`)
  const own = peaks.get(String(child.pid)) ?? 0
  peaks.delete(String(child.pid))
  return { wall, memory: own + Math.max(0, ...peaks.values()), output }
}

function childrenOf(pid: number | undefined): string[] {
  try {
    return readFileSync(`/proc/${pid ?? 0}/task/${pid ?? 0}/children`, 'utf8')
      .split(' ')
      .filter((word) => word !== '')
  } catch {
    return []
  }
}

/** Bytes; proc(5), VmHWM. Undefined once the process has ended. */
function peakMemory(pid: string): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    return undefined
  }
}

function removeImages(work: string): void {
  for (const name of readdirSync(work)) if (/^(node|copy)\d+\.img$/.test(name)) rmSync(join(work, name))
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
