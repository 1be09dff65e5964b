import { spawnSync } from 'node:child_process'
import { inject } from 'vitest'
import { type Call, type Desk, type Finished, piimg } from '../support/cli.js'

export const { host, pid, reason } = inject('docker')

const env = (call: Call) => ({ ...call, env: { DOCKER_HOST: host, ...call.env } })

/** Runs piimg where it finds the tests' own Docker. */
export function piimgWithDocker(desk: Desk, words: readonly string[], call: Call = {}): Promise<Finished> {
  return piimg(desk, words, env(call))
}

/** What a docker command prints. */
export function docker(...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('docker', words, {
    env: { ...process.env, DOCKER_HOST: host },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Containers, volumes, and the loop devices on files of cards and of these tests, a line each. */
export function devicesAndContainers(): string[] {
  const loops = spawnSync(
    'losetup',
    ['--list', '--raw', '--noheadings', '--output', 'NAME,OFFSET,BACK-FILE'],
    { encoding: 'utf8' },
  ).stdout
  const ours = loops
    .split('\n')
    .filter((line) => /(card|other)\.img/.test(line))
    .join('\n')
  return [docker('ps', '--all', '--quiet'), docker('volume', 'ls', '--quiet'), ours]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
}
