import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { practiceImage } from '../support/images.js'

let image = ''
beforeAll(async () => {
  image = await practiceImage('trixie')
})

const card = (desk: Desk, profile: string, hostname: string, ...words: string[]) =>
  piimg(desk, ['build', '--profile', profile, '--hostname', hostname, '--image', image, ...words])

async function built(desk: Desk, ...card_: Parameters<typeof card> extends [Desk, ...infer W] ? W : never) {
  const { exitCode, stderr } = await card(desk, ...card_)
  expect(exitCode, stderr).toBe(0)
  return stderr
}

describe('cards that are built one by one', () => {
  it('are one cluster in one folder, and another one in another', async () => {
    const [here, there] = [newDesk(), newDesk()]
    expect(await built(here, 'worker', 'node3')).toContain('another folder is another cluster')
    expect(await built(here, 'master', 'master', '--set', 'uplink=eth1')).not.toContain('another cluster')
    expect(await built(there, 'worker', 'node2')).toContain('another folder is another cluster')
    const id = ({ folder }: Desk) =>
      JSON.parse(readFileSync(join(folder, '.piimg/cluster.json'), 'utf8')) as object
    expect(id(here)).not.toEqual(id(there))
  })

  it('find the master where it was put', async () => {
    const desk = newDesk()
    await built(desk, 'master', 'master', '--set', 'uplink=eth1', '--set', 'address=10.0.0.254/24')
    await built(desk, 'worker', 'node1')
    const { stdout } = await piimg(desk, [
      'plan',
      '--profile',
      'worker',
      '--hostname',
      'node5',
      '--image',
      image,
    ])
    expect(stdout).toMatch(/^ {2}gateway +10\.0\.0\.254 +\(default the master\)$/m)
  })

  it.each<[string, readonly string[], RegExp]>([
    [
      'a second master',
      ['master', 'head', '--set', 'address=10.0.0.9/24'],
      /--hostname: head is a second master; the first is master/,
    ],
    [
      'the address of another',
      ['worker', 'node7', '--set', 'address=10.0.0.3/24'],
      /--set address: node7 has the address 10\.0\.0\.3, which node3 has already/,
    ],
    [
      'a network of its own',
      ['worker', 'node7', '--set', 'network=10.9.0.0/24'],
      /--set network: node7 is in 10\.9\.0\.0\/24, but master \(10\.0\.0\.1\/24\) is not/,
    ],
  ])('are refused with %s', async (_, words, message) => {
    const desk = newDesk()
    await built(desk, 'master', 'master', '--set', 'uplink=eth1')
    await built(desk, 'worker', 'node3')
    const [profile = '', hostname = '', ...rest] = words
    const { exitCode, stderr } = await card(desk, profile, hostname, ...rest)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
  })

  it('can be built again, with another address too', async () => {
    const desk = newDesk()
    await built(desk, 'worker', 'node3')
    await built(desk, 'worker', 'node3', '--set', 'address=10.0.0.33/24')
    await built(desk, 'worker', 'node4', '--set', 'address=10.0.0.3/24')
  })

  it('say how one that is no more is forgotten', async () => {
    const desk = newDesk()
    await built(desk, 'master', 'master', '--set', 'uplink=eth1')
    const { exitCode, stderr } = await card(desk, 'master', 'head', '--set', 'uplink=eth1')
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/^ {2}hint: .*remove its file in \.piimg\/nodes$/m),
    ])
    rmSync(join(desk.folder, '.piimg/nodes/master.json'))
    await built(desk, 'master', 'head', '--set', 'uplink=eth1')
  })

  it('say which file is damaged', async () => {
    const desk = newDesk()
    await built(desk, 'worker', 'node3')
    const file = join(desk.folder, '.piimg/nodes/node3.json')
    for (const text of ['{', '{}', '{"profile":"worker","role":"worker","values":{"address":7}}']) {
      writeFileSync(file, text)
      const { exitCode, stderr } = await card(desk, 'worker', 'node4')
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(/nodes\/node3\.json: this is not a file that piimg wrote\n {2}hint: remove it/),
      ])
    }
    rmSync(file)
    await built(desk, 'worker', 'node4')
  })
})
