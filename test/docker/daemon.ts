import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'

/** The socket and the process of the Docker daemon of these tests, or why there is none. */
interface ProvidedDocker {
  readonly host: string
  readonly pid: number
  readonly reason: string
}

declare module 'vitest' {
  interface ProvidedContext {
    docker: ProvidedDocker
  }
}

/** Where containers reach what listens in the daemon's network. */
export const bridge = '10.213.0.1'
/** Who runs piimg in the tests. */
const ordinaryGroup = '65534'
/** Compiled (for scripts/bench), this file is elsewhere; all tests run in the repository's folder. */
const baseScript = resolve('scripts/docker-base')

interface Daemon extends ProvidedDocker {
  /** Ends it, and removes all that it has made. */
  readonly end: () => Promise<void>
}

/** One daemon for all test files. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { end, ...docker } = await startDocker()
  provide('docker', docker)
  return end
}

/**
 * A Docker daemon for the tests, with its own folders and socket, a network without an uplink, and the base layer that
 * `scripts/docker-base` makes (kept in a cache). It ends with the tests, also when the process that started it is killed.
 */
export async function startDocker(): Promise<Daemon> {
  const place = mkdtempSync(join(tmpdir(), 'piimg-docker-'))
  // The socket is for the ordinary user.
  chmodSync(place, 0o711)
  let stop = (): Promise<void> => Promise.resolve()
  const end = async (): Promise<void> => {
    await stop()
    rmSync(place, { recursive: true, force: true })
  }
  const without = (reason: string) => ({ host: '', pid: 0, reason, end })
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return without('only root can start a Docker daemon')
  for (const name of ['dockerd', 'docker', 'setpriv', 'ip'])
    if (spawnSync('which', [name]).status !== 0) return without(`${name} is not installed`)
  const layer = baseLayer()
  if ('reason' in layer) return without(layer.reason)
  const host = `unix://${join(place, 'socket')}`
  const daemon = startDaemon(place, host)
  stop = daemon.stop
  const docker = (...words: string[]) =>
    spawnSync('docker', words, { env: { ...process.env, DOCKER_HOST: host }, encoding: 'utf8' })
  for (let tries = 0; docker('version').status !== 0; tries++) {
    if (tries > 2000 || !daemon.isRunning()) {
      const log = readFileSync(join(place, 'log'), 'utf8').trim().split('\n').slice(-3).join('\n')
      return without(`the Docker daemon does not start here: ${log}`)
    }
    await delay(300)
  }
  const imported = docker('import', layer.file, 'piimg-base')
  if (imported.status !== 0) return without(`docker import: ${imported.stderr}`)
  return { host, pid: daemon.pid, reason: '', end }
}

function startDaemon(
  place: string,
  host: string,
): { readonly pid: number; readonly isRunning: () => boolean; readonly stop: () => Promise<void> } {
  const words = [
    '--data-root',
    join(place, 'data'),
    '--exec-root',
    join(place, 'exec'),
    '--pidfile',
    join(place, 'pid'),
  ]
  const quiet = [
    `--bip=${bridge}/24`,
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--group',
    ordinaryGroup,
  ]
  const command = `ip link set lo up; exec setpriv --pdeathsig TERM dockerd "$@" >"${join(place, 'log')}" 2>&1`
  const daemon = spawn('unshare', ['--net', 'sh', '-c', command, 'sh', '--host', host, ...words, ...quiet], {
    stdio: 'ignore',
  })
  const ended = new Promise<void>((done) => daemon.on('exit', () => done()))
  const stop = async () => {
    daemon.kill('SIGTERM')
    await ended
  }
  return {
    pid: daemon.pid ?? 0,
    isRunning: () => daemon.exitCode === null && daemon.signalCode === null,
    stop,
  }
}

/** A tar of Debian with Node and the tools of both engines. */
export function baseLayer(): { readonly file: string } | { readonly reason: string } {
  const cache = process.env['PIIMG_TEST_CACHE'] ?? join(homedir(), '.cache/piimg-test')
  const name = createHash('sha256').update(readFileSync(baseScript)).digest('hex').slice(0, 12)
  const file = join(cache, `docker-base-${name}.tar`)
  if (existsSync(file)) return { file }
  mkdirSync(cache, { recursive: true })
  const partial = `${file}.${process.pid}`
  const { status, stderr } = spawnSync(baseScript, ['--tar', partial], { encoding: 'utf8' })
  if (status !== 0) return { reason: stderr.trim().split('\n').at(-1) ?? 'scripts/docker-base failed' }
  renameSync(partial, file)
  return { file }
}
