import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openImage } from '../../builder/image/open-image.js'
import { clusterFileOf, formsOf, overlaysOf } from '../support/capability.js'
import { type Desk, newDesk, piimg, watched } from '../support/cli.js'
import { practiceImage } from '../support/images.js'

const cases = [
  {
    name: 'redis',
    variable: 'redis_password',
    holders: ['node2', 'node3'],
    others: ['master', 'node4'],
    cards: 'node2..node3',
  },
  {
    name: 'slurm',
    variable: 'slurm_key',
    holders: ['node2', 'node3', 'node4', 'node5', 'node6'],
    others: ['master'],
    cards: 'node2..node6',
  },
]

describe.each(cases)('the secret of $name', ({ name, variable, holders, others, cards }) => {
  let desk: Desk
  let image: string
  let secret: string
  let said = ''

  /** What a verb says. */
  async function ask(...words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await piimg(desk, words)
    expect(exitCode, stderr).toBe(0)
    said += stdout + stderr
    return stdout
  }

  const imageOf = (hostname: string) => join(desk.folder, 'out', `${hostname}.img`)
  const found = (text: string) => formsOf(secret).filter((form) => text.includes(form))

  /** The secret as it is now. */
  async function secretNow(): Promise<string> {
    const words = ['plan', '--node', holders[0] ?? '', '--image', image, '--json', '--show-secrets']
    const { stdout } = await piimg(desk, words)
    const [node] = JSON.parse(stdout) as [{ values: Record<string, { value: string }> }]
    return node.values[variable]?.value ?? ''
  }

  beforeAll(async () => {
    image = await practiceImage('trixie')
    desk = newDesk({ 'cluster.ini': clusterFileOf(name), ...overlaysOf(name) })
  })

  it('is in no process and no output of a build', async () => {
    const { exitCode, stdout, stderr, samples } = await watched(desk, [
      'build',
      '--verbose',
      '--image',
      image,
    ])
    expect(exitCode, stderr).toBe(0)
    secret = await secretNow()
    expect(secret.length).toBeGreaterThan(40)
    expect(found(stdout + stderr)).toEqual([])
    expect(samples.length).toBeGreaterThan(10)
    expect(samples.flatMap(({ cmdline, environ }) => found(cmdline + environ))).toEqual([])
  })

  it('is shown by no verb', async () => {
    const all = ['--image', image]
    await ask('plan', ...all)
    await ask('plan', '--json', ...all)
    await ask('check', ...all)
    await ask('check', '--json', ...all)
    await ask('list', 'variables')
    await ask('list', 'groups')
    for (const node of holders) {
      await ask('inspect', imageOf(node))
      await ask('inspect', '--json', imageOf(node))
      await ask('verify', '--json', imageOf(node))
      await ask('diff', image, imageOf(node), '--contents')
    }
    const entries = JSON.parse(await ask('plan', '--json', '--node', holders[0] ?? '', ...all)) as [
      { entries: { kind: string; partition: string; path: string }[] },
    ]
    for (const { kind, partition, path } of entries[0].entries)
      if (kind === 'file') await ask('render', holders[0] ?? '', `${partition}${path}`, ...all)
    expect(said.length).toBeGreaterThan(10_000)
    expect(found(said)).toEqual([])
  })

  it('is on the cards of its nodes alone, in files of root', () => {
    for (const node of [...holders, ...others]) {
      const card = openImage(imageOf(node))
      const files = [...card.boot.walk(), ...card.root.walk()].filter(({ stat }) => stat.kind === 'file')
      const holding = files.filter(
        (file) => found(Buffer.concat([...file.chunks()]).toString('latin1')).length > 0,
      )
      card.close()
      expect(holding.map(({ stat }) => [stat.uid, stat.mode & 0o077])).toEqual(
        holders.includes(node) ? [[0, 0]] : [],
      )
    }
  })

  it('is the same at the next build, and another after keys rotate', async () => {
    const before = holders.concat(others).map((node) => readFileSync(imageOf(node)))
    await ask('build', '--image', image)
    const after = holders.concat(others).map((node) => readFileSync(imageOf(node)))
    expect(after.map((bytes, index) => bytes.equals(before[index] ?? bytes))).toEqual(after.map(() => true))
    const { stdout, stderr } = await piimg(desk, ['keys', 'rotate', variable])
    expect(found(stdout + stderr)).toEqual([])
    expect(stdout + stderr).toContain(`write these cards again: ${cards}\n`)
    const rotated = await secretNow()
    expect(rotated).not.toBe(secret)
    await piimg(desk, ['keys', 'rotate'])
    expect([secret, rotated]).not.toContain(await secretNow())
  })
})
