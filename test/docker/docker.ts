import { spawnSync } from 'node:child_process'
import { inject } from 'vitest'
import { type Call, type Desk, type Finished, piimg } from '../support/cli.js'

export const { host, reason } = inject('docker')

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

/** Containers, volumes and loop devices, a line each. */
export function devicesAndContainers(): string[] {
  const loops = spawnSync('losetup', ['--list', '--noheadings', '--output', 'NAME,OFFSET,BACK-FILE'], { encoding: 'utf8' }).stdout
  return [docker('ps', '--all', '--quiet'), docker('volume', 'ls', '--quiet'), loops]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
} // prettier-ignore
