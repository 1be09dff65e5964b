import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, give, newDesk, newFolder, startPiimg } from '../support/cli.js'
import { isFull, seed } from '../support/full.js'
import { copyImage, fsck, practiceImage } from '../support/images.js'
import { random } from '../support/random.js'
import { devicesAndContainers, host, piimgWithDocker, reason } from './docker.js'

const old = 'the card of yesterday'
const words = [
  'build',
  '--profile',
  'worker',
  '--hostname',
  'node3',
  '--image',
  'base.img',
  '--engine',
  'loop',
]
/** Of each kind; four at a time. */
const count = isFull ? 28 : 4

/** What the daemon answers, asked as `docker` asks it, but sooner. */
async function daemon(method: string, path: string): Promise<string> {
  const asked = request({ socketPath: host.replace('unix://', ''), method, path }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return await text(answer)
}

/** Waits for the container of a build, and kills it a little later, unless the build is done before. */
async function killContainer(mark: string, child: ChildProcess, later: number): Promise<void> {
  while (child.exitCode === null) {
    const containers = JSON.parse(await daemon('GET', '/containers/json')) as {
      Id: string
      Names: string[]
    }[]
    const found = containers.find(({ Names }) => Names.some((name) => name.includes(mark)))
    if (found !== undefined) {
      await delay(later)
      await daemon('POST', `/containers/${found.Id}/kill`)
      return
    }
    await delay(10)
  }
}

describe.skipIf(reason !== '')(`a build in a container that is stopped (PIIMG_SEED=${seed})`, () => {
  const desks: Desk[] = []
  const foreign: string[] = []
  let before: string[] = []
  let whole = 0
  const numbers = random(seed)

  beforeAll(async () => {
    for (let number = 0; number < 4; number++) {
      const desk = newDesk()
      copyImage(await practiceImage('trixie'), join(desk.folder, 'base.img'))
      give(desk.folder)
      desks.push(desk)
    }
    // The container image is made first, which takes its time.
    for (const desk of desks.slice(0, 1)) await piimgWithDocker(desk, words)
    const builds = await Promise.all(desks.map((desk) => piimgWithDocker(desk, words)))
    for (const { exitCode, stderr } of builds) expect(exitCode, stderr).toBe(0)
    whole = Math.max(...builds.map(({ ms }) => ms))
    // Loop devices of somebody else, one of them on a file of the same name.
    for (const name of ['card.img', 'other.img']) {
      const path = join(newFolder(), name)
      writeFileSync(path, Buffer.alloc(1024 * 1024))
      foreign.push(execFileSync('losetup', ['--find', '--show', path], { encoding: 'utf8' }).trim())
    }
    before = devicesAndContainers()
    expect(before).toHaveLength(2)
  })
  afterAll(() => foreign.forEach((device) => execFileSync('losetup', ['--detach', device])))

  /** Stops one build at a random moment. */
  const stopOne = async (desk: Desk, how: string) => {
    const card = join(desk.folder, 'out/node3.img')
    writeFileSync(card, old)
    const { child, finished } = startPiimg(desk, words, { env: { DOCKER_HOST: host } })
    const moment = numbers.next().value
    if (how === 'docker kill') await killContainer(`-${child.pid}-`, child, 200 * moment)
    else {
      await delay(whole * moment)
      child.kill(how as NodeJS.Signals)
    }
    return await finished
  }

  const nothingIsLeft = async (): Promise<void> => {
    // A `docker` that outlives piimg by a moment still makes its container, which then ends by itself.
    for (let calm = 0, tries = 0; calm < 10 && tries < 3000; tries++) {
      await delay(200)
      calm = devicesAndContainers().join() === before.join() ? calm + 1 : 0
    }
    expect(devicesAndContainers()).toEqual(before)
  }
  const partial = (desk: Desk) =>
    readdirSync(desk.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.partial'),
    )

  it.each(['SIGINT', 'SIGTERM', 'docker kill', 'SIGKILL'])('by %s leaves nothing', async (how) => {
    const ends: string[] = []
    for (let round = 0; round < count / desks.length; round++) {
      const all = await Promise.all(desks.map((desk) => stopOne(desk, how)))
      for (const [index, { exitCode, signal, stderr }] of all.entries()) {
        const desk = desks[index]
        if (desk === undefined) throw new Error('no desk')
        ends.push(signal ?? String(exitCode))
        expect(stderr).not.toMatch(/piimg itself|^ {4}at /m)
        if (how !== 'SIGKILL') expect(partial(desk)).toEqual([])
        const card = join(desk.folder, 'out/node3.img')
        if (exitCode === 0) fsck(card)
      }
      await nothingIsLeft()
    }
    console.log(`${how}: ${ends.join(' ')}`)
    // Some were stopped in the middle.
    expect(ends.some((end) => end !== '0')).toBe(true)
    // A run that was killed itself cannot clear up: the next one does.
    const next = await Promise.all(desks.map((desk) => piimgWithDocker(desk, words)))
    for (const { exitCode, stderr } of next) expect(exitCode, stderr).toBe(0)
    for (const desk of desks) {
      expect(partial(desk)).toEqual([])
      fsck(join(desk.folder, 'out/node3.img'))
    }
    await nothingIsLeft()
  })
})
