import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bootableImage, practiceImage } from '../support/images.js'
import { host, reason } from './docker.js'

const bench = fileURLToPath(new URL('../../dist/scripts/bench.js', import.meta.url))

describe.skipIf(reason !== '')('the loop engine', () => {
  it('takes a second longer than the rootless one, not two', { timeout: 300_000 }, async () => {
    const image = bootableImage().file ?? (await practiceImage('trixie'))
    const env = { ...process.env, DOCKER_HOST: host }
    const { stdout, stderr } = spawnSync(process.execPath, [bench, '--only-loop', image], {
      env,
      encoding: 'utf8',
    })
    console.log(stdout)
    expect(stdout, stderr).toMatch(/^over the rootless one +[\d.]+ s {2}target 1 s (met|missed)$/m)
  })
})
