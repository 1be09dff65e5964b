import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, give, newDesk, piimg } from '../support/cli.js'
import { emulated, qemusIn } from '../support/emulated.js'
import { copyImage, practiceImage, reachable } from '../support/images.js'
import { isFull } from '../support/full.js'
import { describeBooted, qemuBase, talkingQemu } from './base.js'

const { base } = qemuBase()

/** In the full tier the guests are real ones; else a QEMU that begins to talk as a kernel does. */
const talks = isFull
  ? undefined
  : "echo '[    0.000000] Booting Linux'; echo '[    0.000000] Linux version 6.12'"

describeBooted('piimg emulate', () => {
  let desk: Desk
  let path: string | undefined
  beforeAll(async () => {
    desk = newDesk()
    path = talks === undefined ? undefined : talkingQemu(talks)
    const words = ['build', ...'--profile worker --hostname node3 --image'.split(' '), reachable(base)]
    const built = await piimg(desk, words)
    expect(built.exitCode, built.stderr).toBe(0)
  })

  /** Half a second after the guest has begun to talk. */
  const running = async (...words: string[]) => {
    const guest = emulated(desk, words, 600_000, path)
    await guest.hears(/^boot 1: /m, 300_000)
    await guest.shows(/Linux version/, 300_000)
    return guest
  }
  const nothingIsLeft = async () => {
    for (let tries = 0; qemusIn(desk.folder).length > 0 && tries < 600; tries++) await delay(100)
    expect(qemusIn(desk.folder)).toEqual([])
  }

  it('says what it boots, where, and how to log in', async () => {
    const guest = await running()
    guest.child.kill('SIGINT')
    const { stderr, exitCode } = await guest.finished
    expect(exitCode).toBe(130)
    expect(stderr).toMatch(
      /^out\/node3\.img on QEMU's own machine \(its kernel has virtio; .*\), card of 4\.0 GiB$/m,
    )
    expect(stderr).toMatch(/^ssh -i \.piimg\/id_ed25519 -p \d+ pi@127\.0\.0\.1$/m)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing after %s', async (signal) => {
    const guest = await running('node3')
    guest.child.kill(signal)
    expect((await guest.finished).exitCode).toBe(130)
    await nothingIsLeft()
    expect(readdirSync(join(desk.folder, 'out'))).toEqual(['node3.img'])
  })

  it('leaves no guest after kill -9, and the next run removes the rest', async () => {
    const guest = await running('out/node3.img')
    expect(qemusIn(desk.folder).length).toBe(1)
    guest.child.kill('SIGKILL')
    await nothingIsLeft()
    const next = await emulated(desk, ['node3', '--until', 'login', '--timeout', '1'], 600_000, path).finished
    expect(next.exitCode).toBe(1)
    expect(readdirSync(join(desk.folder, 'out'))).toEqual(['node3.img'])
  })

  it('says what the console said last when the goal is not reached', async () => {
    const words = ['node3', '--until', 'ready', '--timeout', '6']
    const { exitCode, stderr } = await emulated(desk, words, 600_000, path).finished
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /could not boot node3\.img until ready\n {2}not done after 6 s; the last lines of the console:\n/,
    )
    expect(stderr).toMatch(/\[ +\d+\.\d+\] /)
    await nothingIsLeft()
  })

  it('keeps a layer for its own image only', async () => {
    const kept = join(desk.folder, 'kept')
    const first = await running('node3', '--keep', 'kept')
    first.child.kill('SIGINT')
    await first.finished
    expect(readdirSync(kept).sort()).toEqual(['card.json', 'card.qcow2', 'console.log'])
    const log = readFileSync(join(kept, 'console.log')).length
    const second = await running('node3', '--keep', 'kept')
    second.child.kill('SIGINT')
    await second.finished
    expect(readFileSync(join(kept, 'console.log')).length).toBeGreaterThan(log)
    utimesSync(join(desk.folder, 'out/node3.img'), 1, 1)
    const third = await piimg(desk, ['emulate', 'node3', '--keep', 'kept'])
    expect(third.exitCode).toBe(2)
    expect(third.stderr).toContain('this layer belongs to another image, or the image was built again')
  })

  it('names the packages that are missing', async () => {
    const path = join(desk.folder, 'no-programs')
    mkdirSync(path)
    // With this the tests become an ordinary user.
    symlinkSync('/usr/bin/setpriv', join(path, 'setpriv'))
    const { exitCode, stderr } = await piimg(desk, ['emulate', 'node3'], { env: { PATH: path } })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('qemu-system-aarch64, qemu-img, ssh are not installed')
    expect(stderr).toContain('openssh-client qemu-system-arm qemu-utils')
  })
})

describe('piimg emulate refuses', () => {
  const refusals: readonly [string, readonly string[], string][] = [
    [
      'a node that was not built',
      ['node9'],
      '"node9" is neither an image nor a node that was built in this folder',
    ],
    ['no card at all', [], 'no card was built in this folder'],
    ['a time that is none', ['x', '--timeout', 'soon'], '"soon" is not a number of seconds'],
    ['two goals', ['x', '--ssh', '--until', 'ready'], '--ssh and --until exclude each other'],
    ['a goal that is none', ['x', '--until', 'lunch'], 'one of login, ready'],
    ['a file that is no image', ['text.img'], 'text.img'],
    ['a card without a kernel', ['practice.img'], 'this is not an ARM kernel'],
  ]
  it.each(refusals)('%s', async (_, words, message) => {
    const desk = newDesk({ 'text.img': 'no image\n'.repeat(100) })
    copyImage(await practiceImage('trixie'), join(desk.folder, 'practice.img'))
    give(desk.folder)
    const { exitCode, stderr } = await piimg(desk, ['emulate', ...words])
    expect(exitCode, stderr).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(existsSync(join(desk.folder, 'out'))).toBe(false)
  })
})
