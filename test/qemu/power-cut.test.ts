import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { emulated, qemusIn } from '../support/emulated.js'
import { reachable } from '../support/images.js'
import { isFull, seed } from '../support/full.js'
import { random } from '../support/random.js'
import { describeBooted, plainProfile, qemuBase } from './base.js'

const { base } = qemuBase()
const cuts = 10
/** Seconds; an undisturbed first boot takes 35 to 45. */
const firstBoot = 45

describeBooted(`a power cut in the first boot (PIIMG_SEED=${seed})`, () => {
  if (!isFull) {
    it('at random moments', (context) => context.skip('takes 15 minutes: scripts/test --full'))
    return
  }
  let desk: Desk
  beforeAll(async () => {
    desk = newDesk({ 'profiles/plain.ini': plainProfile })
    const words = ['build', ...'--profile plain --hostname node3 --image'.split(' '), reachable(base)]
    const built = await piimg(desk, words)
    expect(built.exitCode, built.stderr).toBe(0)
  })
  const numbers = random(seed)
  const moments = Array.from({ length: cuts }, () => Math.round(firstBoot * numbers.next().value * 10) / 10)

  const cases = moments.map((seconds, index) => [seconds, `kept-${index}`] as const)
  it.each(cases)('after %f s ends in the same good state', { timeout: 600_000 }, async (seconds, kept) => {
    const first = emulated(desk, ['node3', '--keep', kept], 120_000)
    await first.hears(/^boot 1: /m, 30_000)
    await delay(seconds * 1000)
    for (const pid of qemusIn(desk.folder)) process.kill(pid, 'SIGKILL')
    expect((await first.finished).exitCode).toBe(1)
    const words = ['emulate', 'node3', '--keep', kept, '--until', 'ready', '--json', '--timeout', '400']
    const { stdout, stderr, exitCode } = await piimg(desk, words, { patience: 500_000 })
    expect(exitCode, stderr).toBe(0)
    const { node } = JSON.parse(stdout) as { node: Record<string, string[]> }
    expect(node['state']).toEqual(['running'])
    expect(node['failed']).toBeUndefined()
    expect(node['first_boot']).toEqual(['ready'])
    expect(node['address']).toEqual(['eth0 10.0.0.3/24'])
    expect(node['host_key']?.length).toBe(3)
    expect(node['machine_id']?.[0]).toMatch(/^[\da-f]{32}$/)
    expect(Number(node['root']?.[0]?.split(' ')[1])).toBeGreaterThan(0.8 * 4 * 1024 ** 3)
  })
})
