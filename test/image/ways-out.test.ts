import { chmodSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Call, type Desk, type Finished, listing, newDesk, piimg } from '../support/cli.js'
import { practiceImage } from '../support/images.js'
import { piimgInProcess } from '../support/in-process.js'

const build = ['build', '--profile', 'worker', '--hostname', 'node3', '--image', 'BASE']
const noCache = ['build', '--profile', 'worker', '--hostname', 'node3', '--image', 'base.gz']

/** Has Node run this code before piimg. */
function preload(code: string): NonNullable<Call['env']> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` }
}

/** Runs the compiled program; nothing may be left of it. */
async function leavesNothing(desk: Desk, words: readonly string[], call: Call = {}): Promise<Finished> {
  const names = () =>
    Object.values(desk).flatMap((folder: string) => listing(folder).map((line) => line.split(' ')[0]))
  const before = names()
  const image = await practiceImage('bookworm')
  const finished = await piimg(
    desk,
    words.map((word) => (word === 'BASE' ? image : word)),
    call,
  )
  expect(finished.signal).toBe(null)
  expect(names()).toEqual(before)
  return finished
}

describe('the program ends with', () => {
  it('0 and the result', async () => {
    const run = await leavesNothing(newDesk(), ['list', 'profiles'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^worker /m)
  })

  it('0 and the help', async () => {
    const run = await leavesNothing(newDesk(), ['--help'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Usage: piimg /)
  })

  it('2 after a wrong word', async () => {
    const { exitCode, stdout, stderr } = await leavesNothing(newDesk(), ['list', 'nodes'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toBe((await piimgInProcess(newDesk(), ['list', 'nodes'])).stderr)
    expect(stderr).toMatch(/^error: .*'nodes'/)
  })

  it('2 after a wrong input', async () => {
    const words = [...build.slice(0, -1), 'nothing.img', '--set', 'timezone']
    const { exitCode, stdout, stderr } = await leavesNothing(newDesk(), words)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toBe((await piimgInProcess(newDesk(), words)).stderr)
    expect(stderr).toMatch(/^error: command line --image: no file nothing\.img\n {2}hint: /m)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it('1 after a step that failed', async () => {
    const files = { 'base.gz': Buffer.from([0x1f, 0x8b, 8]) }
    const env = { PIIMG_CACHE: '/proc/nothing' }
    const { exitCode, stdout, stderr } = await leavesNothing(newDesk(files), noCache, { env })
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toBe((await piimgInProcess(newDesk(files), noCache, { env })).stderr)
    expect(stderr).toMatch(/^error: could not use the cache .*\n {2}.*\n {2}hint: /)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it('1 after a call of the system that failed', async () => {
    const desk = newDesk({ 'cards/other.txt': '' })
    chmodSync(desk.folder, 0o555)
    const { exitCode, stdout, stderr } = await leavesNothing(desk, [...build, '-o', 'cards/'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^error: EACCES: permission denied, mkdir .*\.piimg'$/m)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it('1 where the result cannot be written', async () => {
    const prefix = ['sh', '-c', 'exec "$@" > /dev/full', 'sh']
    const { exitCode, stderr } = await leavesNothing(newDesk(), ['list', 'variables'], { prefix })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  })

  it('0 where nobody reads the result (EPIPE)', async () => {
    const prefix = ['bash', '-c', '"$@" | true; exit "${PIPESTATUS[0]}"', 'bash']
    const { exitCode, stderr } = await leavesNothing(newDesk(), ['list', 'variables'], { prefix })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('70 and a stack after a fault of its own', async () => {
    const env = preload("process.stdout.write = () => { throw new TypeError('planted') }")
    const { exitCode, stdout, stderr } = await leavesNothing(newDesk(), ['list', 'profiles'], { env })
    expect({ exitCode, stdout }).toEqual({ exitCode: 70, stdout: '' })
    expect(stderr).toMatch(/^error: .*report.*\nTypeError: planted\n {4}at /)
  })

  it('130 after a signal', async () => {
    const env = preload(`
      const write = process.stderr.write
      process.stderr.write = (text) => {
        if (text.startsWith('base image ')) process.kill(process.pid, 'SIGINT')
        return write.call(process.stderr, text)
      }`)
    const { exitCode, stdout, stderr } = await leavesNothing(newDesk(), build, { env })
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' })
    expect(stderr).toMatch(/^stopped by SIGINT; nothing unfinished was left behind\n$/m)
    expect(stderr).not.toMatch(/error|^ {4}at /m)
  })
})
