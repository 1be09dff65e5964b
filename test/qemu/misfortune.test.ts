import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { type Desk, newDesk, newFolder, piimg } from '../support/cli.js'
import { emulated, qemusIn } from '../support/emulated.js'
import { bootOf, debugfs, reachable, tool } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { isFull, seed } from '../support/full.js'
import { random } from '../support/random.js'
import { describeBooted, plainProfile, qemuBase } from './base.js'

const { base } = qemuBase()
const minutes = 60_000
const cuts = Number(process.env['PIIMG_CUTS'] ?? 5)

/** A folder with a QEMU in it that gets other words than piimg gives; the shell's `"$@"` are those of piimg. */
function otherQemu(change: string): string {
  const bin = newFolder()
  const program = join(bin, 'qemu-system-aarch64')
  writeFileSync(program, `#!/bin/sh\n${change}\nexec /usr/bin/qemu-system-aarch64 "$@"\n`)
  chmodSync(program, 0o755)
  return bin
}

const withoutNetwork = `
count=$#
while [ "$count" -gt 0 ]; do
  word=$1; shift; count=$((count - 1))
  case $word in
    -netdev | -nic) shift; count=$((count - 1)) ;;
    -device) case $1 in
        *net*) ;;
        *) set -- "$@" -device "$1" ;;
      esac; shift; count=$((count - 1)) ;;
    *) set -- "$@" "$word" ;;
  esac
done`

/** The card's piimg.txt, which reports the state of the first boot. */
function cardText(desk: Desk, kept: string): string {
  const card = join(newFolder(), 'card.img')
  tool('qemu-img', ['convert', '-O', 'raw', join(desk.folder, kept, 'card.qcow2'), card])
  return tool('mtype', ['-i', bootOf(card), '::piimg.txt'])
}

describeBooted(`a first boot that meets (PIIMG_SEED=${seed})`, () => {
  if (!isFull) {
    it('no network card, an old clock, power cuts', (context) =>
      context.skip('takes 30 minutes: scripts/test --full'))
    return
  }
  let desk: Desk
  let missing = ''
  beforeAll(async () => {
    desk = newDesk({ 'profiles/plain.ini': plainProfile })
    missing = await whyNoPackages(base)
  })
  beforeEach((context) => context.skip(missing !== '', missing))

  const build = async (...words: string[]) => {
    const built = await piimg(desk, ['build', '--image', reachable(base), ...words])
    expect(built.exitCode, built.stderr).toBe(0)
  }

  it(
    'no network card gets ready with the packages of the card, and MPI runs',
    { timeout: 20 * minutes },
    async () => {
      await build('--profile', 'worker', '--hostname', 'node3', '--packages-from', 'bundle')
      // Nobody can log in, so the node itself runs what a person would.
      const unit = join(newFolder(), 'hello.service')
      const hello = 'mpiexec -n 3 python3 /usr/share/piimg/examples/hello.py'
      writeFileSync(
        unit,
        `[Service]\nExecStart=/bin/sh -c 'until [ -e /var/lib/piimg/ready ]; do sleep 2; done; exec >/dev/ttyAMA0 2>&1; cat /var/lib/piimg/status; ip -color=never -o link; runuser -u pi -- ${hello}; runuser -u pi -- mpiexec --version; echo THE END'\n`,
      )
      const card = join(desk.folder, 'out/node3.img')
      debugfs(
        card,
        `write ${unit} /etc/systemd/system/hello.service`,
        'symlink /etc/systemd/system/multi-user.target.wants/hello.service /etc/systemd/system/hello.service',
      )
      const started = performance.now()
      const guest = emulated(desk, ['node3', '--keep', 'alone'], 18 * minutes, otherQemu(withoutNetwork))
      await guest.shows(/^state=ready/m, 15 * minutes)
      console.log(
        `ready after ${((performance.now() - started) / 1000).toFixed(0)} s, without a network card`,
      )
      await guest.shows(/THE END/, 3 * minutes)
      const { console: said } = guest.said()
      for (const rank of [0, 1, 2]) expect(said).toContain(`rank ${rank} of 3 on node3`)
      expect(said).toContain('Open MPI')
      expect(said.match(/^\d+: \w+(?=: <)/gm)).toEqual(['1: lo'])
      guest.child.kill('SIGINT')
      await guest.finished
      expect(cardText(desk, 'alone')).toMatch(/^This card is node3, .*\nState: {3}ready\n/)
    },
  )

  it('a clock that is older than the lists sets it by the mirror', { timeout: 20 * minutes }, async () => {
    const old = 1_735_689_600 // 2025-01-01: before every Release of the mirror
    const env = { SOURCE_DATE_EPOCH: String(old) }
    const words = [
      'build',
      '--image',
      reachable(base),
      '--profile',
      'plain',
      '--hostname',
      'node5',
      '--set',
      'packages=tcpdump',
      '--set',
      'clock_wait=10',
    ]
    const built = await piimg(desk, words, { env })
    expect(built.exitCode, built.stderr).toBe(0)
    const guest = emulated(
      desk,
      ['node5', '--keep', 'old'],
      18 * minutes,
      otherQemu('set -- "$@" -rtc base=2024-06-01T00:00:00'),
    )
    const ready = 'until [ -e /var/lib/piimg/ready ]; do sleep 2; done'
    const { stdout } = await guest.ssh(`${ready}; date +%s; cat /var/lib/piimg/first-boot.log`, 15 * minutes)
    expect(Math.abs(Number(stdout.split('\n')[0]) - Date.now() / 1000)).toBeLessThan(600)
    // Where it began, systemd says: no earlier than it was compiled.
    expect(stdout).toMatch(/working: the clock was behind; it is now 20(2[6-9]|[3-9])/)
    guest.child.kill('SIGINT')
    await guest.finished
  })

  // Undisturbed, it is ready after 60 s.
  const numbers = random(seed)
  const moments = Array.from({ length: cuts }, () => Math.round(25 + 50 * numbers.next().value))
  it.each(moments.map((seconds, index) => [seconds, `kept-${index}`] as const))(
    'a power cut after %i s gets ready at the next boot',
    { timeout: 20 * minutes },
    async (seconds, kept) => {
      await build(
        '--profile',
        'plain',
        '--hostname',
        'node4',
        '--set',
        'packages=tcpdump fabric',
        '--set',
        'clock_wait=5',
      )
      const first = emulated(desk, ['node4', '--keep', kept], 10 * minutes)
      await first.hears(/^boot 1: /m, minutes)
      await delay(seconds * 1000)
      for (const pid of qemusIn(desk.folder)) process.kill(pid, 'SIGKILL')
      await first.finished
      const words = ['emulate', 'node4', '--keep', kept, '--until', 'ready', '--json', '--timeout', '900']
      const { stdout, stderr, exitCode } = await piimg(desk, words, { patience: 17 * minutes })
      expect(exitCode, stderr).toBe(0)
      const { node } = JSON.parse(stdout) as { node: Record<string, string[]> }
      expect(node['state']).toEqual(['running'])
      expect(node['first_boot']).toEqual(['ready'])
      expect(node['unfinished_package']).toEqual(undefined)
      expect(cardText(desk, kept)).toMatch(/^This card is node4, .*\nState: {3}ready\n/)
    },
  )
})
