import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EntryRecord, PlanRecord } from '../../builder/model/plan-record.js'
import { type Desk, newDesk } from '../support/cli.js'
import { copyImage, debugfs, practiceImage } from '../support/images.js'
import { piimgInProcess } from '../support/in-process.js'

const fixture = join(import.meta.dirname, '../state-0.1')
/** When the clusters of the fixture were first built; SOURCE_DATE_EPOCH is not set here, so the state has to say it. */
const builtAt = 1_767_225_600

/** How the cards of the fixture were built, and the UUID of their wired connection. */
const cards = {
  'routed master': ['--profile', 'master', '--set', 'uplink=eth1', '--set', 'user=ada'],
  'routed node3': ['--profile', 'worker', '--set', 'address=dhcp', '--set', 'user=ada'],
  'flat node2': ['--profile', 'worker', '--set', 'topology=flat', '--set', 'address=192.168.1.12/24'],
  'backbone node2': [
    ...['--profile', 'worker', '--set', 'topology=backbone', '--set', 'uplink=wlan0'],
    ...['--set', 'wifi_ssid=Home', '--set', 'wifi_country=GB'],
  ],
}
const uuids = {
  'routed master': '404db172-afd9-52dc-9a4a-887cbb28416a',
  'routed node3': '9849be09-31bb-5486-aeca-9a3b43f2629a',
  'flat node2': '579b273d-173d-5d74-b7ec-0194f0bd6a9f',
  'backbone node2': '22cacd67-0c63-5bef-9ebd-ab752a811972',
}
type Card = keyof typeof cards
const names = Object.keys(cards) as Card[]

/** A folder in which a cluster of the fixture was built. */
function deskOf(cluster: string): Desk {
  const desk = newDesk()
  const hidden = join(desk.folder, '.piimg')
  cpSync(join(fixture, cluster), hidden, { recursive: true })
  rmSync(join(hidden, 'cards'), { recursive: true })
  renameSync(join(hidden, 'gitignore'), join(hidden, '.gitignore'))
  const config = readFileSync(join(hidden, 'ssh_config'), 'utf8').replaceAll('FOLDER', desk.folder)
  writeFileSync(join(hidden, 'ssh_config'), config)
  for (const [name] of filesOf(desk)) chmodSync(join(hidden, name), 0o600)
  return desk
}

/** The files of `.piimg/`, with their texts. */
function filesOf({ folder }: Desk): [name: string, text: string][] {
  const hidden = join(folder, '.piimg')
  return readdirSync(hidden, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(hidden.length + 1), readFileSync(path, 'utf8')])
}

/** What ssh on the user's computer knows of the nodes. */
function hostLines(config = ''): string[] {
  return config
    .split('\n')
    .filter((line) => /^ *(Host|HostName|HostKeyAlias|User|ProxyJump|IdentityFile) /.test(line))
}

async function run(desk: Desk, words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await piimgInProcess(desk, words)
  expect(exitCode, stderr).toBe(0)
  return stdout
}

async function wordsOf(card: Card): Promise<string[]> {
  return [...cards[card], '--image', await practiceImage('bookworm')]
}

const clusterOf = (card: Card) => card.split(' ')[0] ?? ''
const hostnameOf = (card: Card) => card.split(' ')[1] ?? ''

function recordOf(card: Card): PlanRecord {
  const file = join(fixture, clusterOf(card), 'cards', `${hostnameOf(card)}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as PlanRecord
}

/** Files whose bytes follow from the state: keys, certificates, and what names the authority. */
function isFromState({ path, origins }: EntryRecord): boolean {
  return (
    origins.some((origin) =>
      /^trust\/.*(ca\.pub|-cert\.pub|_key|id_ed25519|\[edit known-hosts\])(\.hbs)?$/.test(origin),
    ) || path.endsWith('/authorized_keys')
  )
}

async function plannedRecords(desk: Desk, card: Card): Promise<EntryRecord[]> {
  const stdout = await run(desk, ['plan', '--json', '--hostname', hostnameOf(card), ...(await wordsOf(card))])
  const [node] = JSON.parse(stdout) as { entries: EntryRecord[] }[]
  return node?.entries ?? []
}

describe.each(names)('the state of piimg 0.1, %s', (card) => {
  it('gives the same keys, certificates and UUIDs', async () => {
    const desk = deskOf(clusterOf(card))
    const recorded = recordOf(card).entries.filter(isFromState)
    expect(recorded.map(({ path }) => path)).toHaveLength(7)
    expect((await plannedRecords(desk, card)).filter(isFromState)).toEqual(recorded)
    const path = 'root/etc/NetworkManager/system-connections/eth0.nmconnection'
    expect(await run(desk, ['render', hostnameOf(card), path, ...(await wordsOf(card))])).toContain(
      `\nuuid=${uuids[card]}\n`,
    )
  })

  it('is kept when the card is built again', async () => {
    const desk = deskOf(clusterOf(card))
    const before = new Map(filesOf(desk))
    await run(desk, ['build', '--hostname', hostnameOf(card), ...(await wordsOf(card))])
    const after = new Map(filesOf(desk))
    for (const name of ['ca', 'cluster.json', 'id_ed25519', 'id_ed25519.pub', 'known_hosts']) {
      expect(after.get(name)).toBe(before.get(name))
    }
    for (const name of [...before.keys()].filter((each) => each.startsWith('nodes/'))) {
      expect(JSON.parse(after.get(name) ?? '')).toMatchObject(JSON.parse(before.get(name) ?? '') as object)
    }
    expect(hostLines(after.get('ssh_config'))).toEqual(hostLines(before.get('ssh_config')))
    const inspected = await run(desk, ['inspect', '--json', join('out', `${hostnameOf(card)}.img`)])
    expect(JSON.parse(inspected)).toMatchObject({ piimg: { builtAt } })
  })

  it('has a plan.json on its card that is read', async () => {
    const desk = newDesk()
    const image = copyImage(await practiceImage('bookworm'), join(desk.folder, 'card.img'))
    const file = join(fixture, clusterOf(card), 'cards', `${hostnameOf(card)}.json`)
    debugfs(image, 'mkdir /usr/lib/piimg', `write ${file} /usr/lib/piimg/plan.json`)
    expect(JSON.parse(await run(desk, ['inspect', '--json', 'card.img']))).toMatchObject({
      piimg: recordOf(card),
    })
  })

  it('has keys that can be replaced', async () => {
    const desk = deskOf(clusterOf(card))
    const before = new Map(filesOf(desk))
    await run(desk, ['keys', 'rotate'])
    const after = new Map(filesOf(desk))
    const [old = ''] = readdirSync(join(desk.folder, '.piimg')).filter((name) => name.startsWith('old-'))
    for (const name of ['ca', 'id_ed25519', 'id_ed25519.pub']) {
      expect(after.get(join(old, name))).toBe(before.get(name))
      expect(after.get(name)).not.toBe(before.get(name))
    }
    expect(after.get('cluster.json')).toBe(before.get('cluster.json'))
    const recorded = recordOf(card).entries.filter(isFromState)
    const certificates = (records: EntryRecord[]) =>
      records.filter(({ path }) => path.endsWith('-cert.pub')).map(({ sha256 }) => sha256)
    const planned = certificates(await plannedRecords(desk, card))
    expect(planned.filter((hash) => certificates(recorded).includes(hash))).toEqual([])
  })
})

it('the state of piimg 0.1: a master knows the nodes that were built before', async () => {
  const hosts = await run(deskOf('routed'), [
    ...['render', 'master', 'root/etc/piimg/nodes', ...(await wordsOf('routed master'))],
  ])
  expect(hosts).toMatch(/^master master 10\.0\.0\.1\nnode2 worker 10\.0\.0\.2\nnode3 worker *$/m)
})
