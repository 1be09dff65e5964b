import { copyFileSync, constants, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../support/cli.js'
import { partition, tool } from '../support/images.js'
import { type Base, bases, cardsOf, nativeBase } from './base.js'
import { type Lab, type Node, openLab } from './lab.js'

const id = '0123456789abcdef0123456789abcdef'

/** What a Raspberry Pi that ran once has in its root. */
const old: Readonly<Record<string, string>> = {
  '/etc/machine-id': `${id}\n`,
  '/var/lib/dbus/machine-id': `${id}\n`,
  '/etc/ssh/ssh_host_ecdsa_key': 'old\n',
  '/etc/ssh/ssh_host_ecdsa_key.pub': 'old\n',
  '/var/lib/systemd/random-seed': 'old\n',
}

/** A copy of a base image that ran once. */
function used(base: string): string {
  const folder = newFolder()
  const file = join(folder, 'used.img')
  copyFileSync(base, file, constants.COPYFILE_FICLONE)
  const commands = Object.entries(old).flatMap(([path, text], index) => {
    const content = join(folder, String(index))
    writeFileSync(content, text)
    return [`rm ${path}`, `write ${content} ${path}`]
  })
  writeFileSync(join(folder, 'commands'), commands.map((line) => `${line}\n`).join(''))
  const { offset } = partition(file, 2)
  tool('debugfs', ['-w', '-f', join(folder, 'commands'), `${file}?offset=${offset}`])
  return file
}

const plain = {
  'profiles/worker.ini': '[profile]\nsummary = plain\noverlays = hostname network user ssh trust identity\n',
}

for (const base of bases.slice(0, 2))
  describe(`two nodes of one ${base.name} that ran once`, () => testTwo(base))

function testTwo(base: Base): void {
  let reason = ''
  let lab: Lab | undefined
  const nodes: Node[] = []

  beforeAll(async () => {
    const found = nativeBase(base)
    if ('reason' in found) return void (reason = found.reason)
    const cards = cardsOf(used(found.file), plain)
    lab = await openLab()
    for (const name of ['node3', 'node4']) {
      const image = await cards.build(name)
      nodes.push(lab.startNode({ name, image, prepare: base.stock }))
    }
    await Promise.all(nodes.map((node) => node.waitUntilRunning()))
  })
  afterAll(() => lab?.close())
  beforeEach((context) => context.skip(reason !== '', reason))

  const both = (command: string) => Promise.all(nodes.map((node) => node.ask(command)))

  it('have machine IDs of their own, for systemd and for D-Bus', async () => {
    const ids = await both('cat /etc/machine-id')
    for (const each of ids) expect(each).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set([...ids, id]).size).toBe(3)
    expect(await both('cat /var/lib/dbus/machine-id 2>/dev/null || cat /etc/machine-id')).toEqual(ids)
  })

  it('have host keys of their own', async () => {
    const keys = await both('ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub')
    expect(new Set(keys).size).toBe(2)
  })

  it('have random seeds of their own', async () => {
    const seeds = await both('sha256sum </var/lib/systemd/random-seed 2>/dev/null || hostname')
    expect(new Set(seeds).size).toBe(2)
  })
}
