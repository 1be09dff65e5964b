import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { changeableOutput } from './problem-text.js'

/** Everything that a test file leaves on the disk is in here. It is removed when its tests are done. */
const top = mkdtempSync(join(tmpdir(), 'piimg-cli-'))
chmodSync(top, 0o755)
afterAll(() => {
  // Some tests take away the right to write.
  spawnSync('chmod', ['-R', 'u+rwX', top])
  rmSync(top, { recursive: true, force: true })
})

export const isRoot = process.getuid?.() === 0

/** Who runs piimg: nobody, where the tests run as root. */
export const ordinary = isRoot
  ? { uid: 65_534, gid: 65_534 }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

const capless = ['--clear-groups', '--inh-caps=-all', '--bounding-set=-all']
const asOrdinary = isRoot
  ? ['setpriv', `--reuid=${ordinary.uid}`, `--regid=${ordinary.gid}`, ...capless, '--']
  : []

/** A folder in which piimg is run, and the places that its environment names, each a folder of the same user. */
export interface Desk {
  readonly folder: string
  readonly home: string
  readonly cache: string
  readonly tmp: string
}

export interface Call {
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly umask?: string
  /** Words before the program, such as `unshare --mount`; they run as the tests' own user. */
  readonly prefix?: readonly string[]
  /** In the place of the desk's folder. */
  readonly cwd?: string
  /** Whether it leads a process group, as under a shell at a terminal. */
  readonly ownGroup?: boolean
  /** Milliseconds after which it is killed; ten minutes if not given. */
  readonly patience?: number
}

export interface Finished {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly ms: number
}

/** A new desk, with these files on it. */
export function newDesk(files: Readonly<Record<string, string | Buffer>> = {}): Desk {
  const place = mkdtempSync(join(top, 'desk-'))
  chmodSync(place, 0o755)
  const desk = {
    folder: join(place, 'work'),
    home: join(place, 'home'),
    cache: join(place, 'cache'),
    tmp: join(place, 'tmp'),
  }
  for (const folder of Object.values(desk)) mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(desk.folder, name)), { recursive: true })
    writeFileSync(join(desk.folder, name), content)
  }
  give(place)
  return desk
}

/** A new empty folder that is gone at the end; of the tests' own user. */
export function newFolder(): string {
  const folder = mkdtempSync(join(top, 'folder-'))
  chmodSync(folder, 0o755)
  return folder
}

/** Makes a file, or a folder with all that is in it, the ordinary user's. */
export function give(path: string): void {
  if (!isRoot) return
  lchownSync(path, ordinary.uid, ordinary.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath, entry.name), ordinary.uid, ordinary.gid)
  }
}

/** Runs the compiled piimg to its end. */
export async function piimg(desk: Desk, words: readonly string[], call: Call = {}): Promise<Finished> {
  const free = await seat()
  try {
    return await startPiimg(desk, words, call).finished
  } finally {
    free()
  }
}

/** Starts the compiled piimg; `child` is piimg itself, not a shell around it. */
export function startPiimg(
  desk: Desk,
  words: readonly string[],
  call: Call = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const started = performance.now()
  const limits = call.umask === undefined ? [] : ['sh', '-c', `umask ${call.umask} && exec "$@"`, 'sh']
  const { node, main } = program()
  const [command = '', ...args] = [...(call.prefix ?? []), ...asOrdinary, ...limits, node, main, ...words]
  const child = spawn(command, args, {
    cwd: call.cwd ?? desk.folder,
    env: environment(desk, call),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: call.ownGroup === true,
  })
  const watchdog = setTimeout(() => child.kill('SIGKILL'), call.patience ?? 600_000)
  child.on('close', () => clearTimeout(watchdog))
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((done, failed) => {
    child.on('error', failed)
    child.on('close', (exitCode, signal) => done({ exitCode, signal }))
  })
  const finished = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([stdout, stderr, end]) => ({
      stdout,
      stderr: changeableOutput(stderr),
      ...end,
      ms: performance.now() - started,
    }),
  )
  return { child, finished }
}

/** The words that start piimg as an ordinary user, for a test that needs them in a command of its own. */
export function piimgCommand(): readonly string[] {
  const { node, main } = program()
  return [...asOrdinary, node, main]
}

export function environment(desk: Desk, call: Call = {}): Record<string, string> {
  const all: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: desk.home,
    PIIMG_CACHE: desk.cache,
    TMPDIR: desk.tmp,
    LANG: 'C.UTF-8',
    ...call.env,
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** One process of a running piimg, as the kernel shows it. */
export interface Sample {
  readonly pid: number
  readonly cmdline: string
  readonly environ: string
  /** `/proc/PID/status`. */
  readonly status: string
  /** What its open files lead to. */
  readonly files: readonly string[]
}

/** Runs piimg and looks at it and its children all the time. */
export async function watched(
  desk: Desk,
  words: readonly string[],
  call: Call = {},
  look: () => void = () => {},
): Promise<Finished & { samples: Sample[] }> {
  const { child, finished } = startPiimg(desk, words, call)
  const samples: Sample[] = []
  let running = true
  void finished.finally(() => (running = false))
  while (running) {
    for (const pid of familyOf(child.pid ?? 0)) samples.push(...sampleOf(pid))
    look()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return { ...(await finished), samples }
}

/** A process and all that descend from it. */
function familyOf(first: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [
      Number(name),
      Number(
        read(`/proc/${name}/stat`)
          .replace(/^.*\) \S+ /s, '')
          .split(' ')[0],
      ),
    ])
  const family = [first]
  for (const member of family) {
    family.push(...parents.filter(([, parent]) => parent === member).map(([pid = 0]) => pid))
  }
  return family
}

function sampleOf(pid: number): Sample[] {
  try {
    const folder = `/proc/${pid}/fd`
    const files = readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(join(folder, name))]
      } catch {
        return []
      }
    })
    const [cmdline, environ, status] = ['cmdline', 'environ', 'status'].map((name) =>
      read(`/proc/${pid}/${name}`),
    )
    return [{ pid, cmdline: cmdline ?? '', environ: environ ?? '', status: status ?? '', files }]
  } catch {
    return []
  }
}

/** Empty where a process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Not more than two programs at a time, however many tests run. */
let seats = 2
const waiting: (() => void)[] = []

/** Waits for its turn; call what it returns when done. */
export async function seat(): Promise<() => void> {
  if (seats > 0) seats--
  else await new Promise<void>((resolve) => waiting.push(resolve))
  return () => {
    const next = waiting.shift()
    if (next === undefined) seats++
    else next()
  }
}

let known: { node: string; main: string } | undefined

/** A copy of the compiled program that everybody can read, so that a new compilation does not change a run. */
function program(): { node: string; main: string } {
  if (known !== undefined) return known
  if (!existsSync('dist/piimg/main.cjs')) {
    throw new Error('these tests run the compiled program: first "npm run build"')
  }
  const folder = join(top, 'program')
  // What npm would publish, and nothing else.
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] }
  for (const name of [...files, 'package.json']) {
    cpSync(name, join(folder, name), { recursive: true })
  }
  let node = process.execPath
  if (!isReadable(node)) copyFileSync(node, (node = join(folder, 'node')))
  spawnSync('chmod', ['-R', 'u=rwX,go=rX', folder])
  known = { node, main: join(folder, 'dist/piimg/main.cjs') }
  return known
}

/** Whether the ordinary user can read it. */
function isReadable(path: string): boolean {
  return spawnSync('env', [...asOrdinary, 'test', '-r', path]).status === 0
}

/** One line for each name below a folder: kind, mode, owner, size, time. Any change shows in them. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'latin1' })
    .sort()
    .map((name) => {
      const { mode, uid, gid, size, mtimeMs } = lstatSync(Buffer.from(join(folder, name), 'latin1'))
      return `${name} ${mode.toString(8)} ${uid}:${gid} ${size} ${mtimeMs}`
    })
}
