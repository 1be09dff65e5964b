import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LivedIn, livedIn } from '../../scripts/practice/lived-in.js'
import { changedImage, rootText } from '../support/changed-image.js'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, type Lab, type Node, openLab } from './lab.js'
import { ssh } from './ssh.js'

// The bootable images have no desktop, and no firmware reads them.
const isBooted = ({ name, release }: LivedIn) => !release.endsWith('-desktop') && !name.includes('EEPROM')

const booted = livedIn.filter(isBooted).map((used, index) => ({ ...used, number: 21 + index }))

// What is left out installs packages at the first boot, or waits for a master.
const plain = {
  'profiles/worker.ini':
    '[profile]\nsummary = plain\noverlays = no-wizard hostname network user ssh trust wifi other-networks locale identity\n',
}

describe('a node of a base image that somebody used', () => {
  let lab: Lab | undefined
  let other: Computer
  beforeAll(async () => {
    lab = await openLab()
    other = await lab.plug('other', '10.0.0.1/24')
  })
  afterAll(() => lab?.close())

  it.for(booted)('keeps every promise: $name', async ({ release, root, boot, number }, context) => {
    const stock = bases.find(({ suite, network }) => suite === release && network === 'networkmanager')
    if (lab === undefined || stock === undefined) throw new Error(`no lab, or no base of ${release}`)
    const found = nativeBase(stock)
    if ('reason' in found) return context.skip(found.reason)
    const text = (path: string) => rootText(found.file, path)
    const cards = cardsOf(changedImage(found.file, root(text), boot), plain)
    const name = `node${number}`
    const image = await cards.build(name)
    const node = lab.startNode({ name, image, prepare: stock.stock })
    await node.waitUntilRunning()
    await keepsPromises(node, other, cards)
    await node.stop()
  })
})

async function keepsPromises(node: Node, other: Computer, { key }: Cards): Promise<void> {
  const address = `10.0.0.${node.name.slice(4)}`
  const report = await node.selfCheckWhen((each) => each.has('address'))
  expect(report.get('address')).toEqual([`eth0 ${address}/24`])
  expect(report.get('hostname')).toEqual([node.name])
  expect(report.get('failed')).toBeUndefined()
  expect(report.get('dns')).toEqual(['10.0.0.1'])
  expect(await node.ask('cat /etc/machine-id')).toMatch(/^(?!0123456789abcdef)[0-9a-f]{32}$/)
  expect(await ssh(other, `pi@${address}`, key, 'hostname; sudo -n id -u')).toMatchObject({
    stdout: `${node.name}\n0\n`,
    exitCode: 0,
  })
  for (const user of ['root', 'ann'])
    expect(await ssh(other, `${user}@${address}`, key, 'true')).toMatchObject({ exitCode: 255 })
  expect(await node.ask("getent shadow | grep -v ':[!*]' || true")).toBe('')
  // What else is the base's own stays.
  expect(
    await node.ask('cat /var/lib/docker/image/kept /etc/docker/daemon.json 2>/dev/null | wc -l'),
  ).toMatch(/^[02]$/)
}
