import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import type { Entry } from '../../builder/model/plan.js'
import { allEntries } from '../../builder/plan/plan-record.js'
import { planNodes } from '../../builder/resolve/node-plans.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import { formsOf } from '../support/capability.js'
import { authority, clusterId } from '../support/node.js'
import { placeOf } from '../support/place.js'

const folder = import.meta.dirname
const clusters = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

let work = ''
let image = ''
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'piimg-capabilities-'))
  image = join(work, 'trixie.img')
  await makePracticeImage('trixie', image)
})
afterAll(() => rmSync(work, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

/** A cluster of this folder as it was built before, with keys that nobody must trust. */
async function planned(name: string, generations: Readonly<Record<string, number>> = {}) {
  const place = join(mkdtempSync(join(work, 'c-')), name)
  cpSync(join(folder, name), place, { recursive: true })
  mkdirSync(join(place, '.piimg'), { mode: 0o700 })
  const state = { id: clusterId, builtAt: 1_767_225_600, generations }
  writeFileSync(join(place, '.piimg/cluster.json'), JSON.stringify(state))
  writeFileSync(join(place, '.piimg/ca'), authority.privateKey, { mode: 0o600 })
  const key = {
    authorized_keys: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 a',
  }
  const set = Object.entries(key).map(([variable, text]) => `${variable}=${text}`)
  const plans = await planNodes({ place: placeOf(place), options: { image, set }, purpose: 'build' })
  plans.close()
  return plans
}

/** What the overlays of the user make of a node, and what they change of piimg's own. */
function ownPart(entries: readonly Entry[], what: 'content' | 'shown'): string {
  const isOwn = ({ origins }: Entry) =>
    origins.some(({ isShipped, file }) => isShipped !== true && file.includes('overlays'))
  const isChanged = ({ path }: Entry) => ['/etc/iptables.ipv4.nat', '/etc/piimg/packages'].includes(path)
  return entries
    .filter((entry) => isOwn(entry) || isChanged(entry))
    .map((entry) => {
      const mode = 'mode' in entry ? entry.mode.toString(8).padStart(4, '0') : ''
      return `--- ${entry.partition}${entry.path} ${mode}\n${entry.kind === 'file' ? String(wholeOf(entry[what])) : ''}`
    })
    .join('\n')
}

describe.each(clusters)('the overlays of %s', (name) => {
  it('make these files of each node', async () => {
    const { nodes, warnings } = await planned(name)
    expect(warnings).toEqual([])
    const text = nodes.map(({ plan }) => `=== ${plan.hostname}\n${ownPart(allEntries(plan), 'content')}`)
    await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(join(folder, `${name}.txt`))
  })

  it('show none of their secrets', async () => {
    const { nodes } = await planned(name)
    for (const { plan } of nodes) {
      const secrets = [...plan.values].filter(
        ([variable, { value }]) => plan.shownValues.get(variable)?.value !== value,
      )
      for (const [, { value }] of secrets) {
        const forms = formsOf(String(value))
        const shown = ownPart(allEntries(plan), 'shown') + JSON.stringify([...plan.shownValues])
        expect(forms.filter((form) => shown.includes(form))).toEqual([])
      }
    }
  })
})

it('a plan names each port that is open to the uplink, with the overlay that opens it', async () => {
  const { nodes } = await planned('balancer')
  const open = nodes.flatMap(({ plan, openPorts }) =>
    openPorts.map(({ port, overlays }) => `${plan.hostname} ${port} ${overlays.join(' ')}`),
  )
  expect(open).toEqual(['master tcp/22 gateway', 'master tcp/80 balancer'])
})

it('one new secret is another, and all else is as before', async () => {
  const contentsOf = async (generations = {}) => {
    const { nodes } = await planned('redis', generations)
    return new Map(
      nodes.flatMap(({ plan }) =>
        allEntries(plan).map((entry) => [
          `${plan.hostname}:${entry.path}`,
          entry.kind === 'file' ? String(wholeOf(entry.content)) : '',
        ]),
      ),
    )
  }
  const [first, again, rotated] = [
    await contentsOf(),
    await contentsOf(),
    await contentsOf({ 'redis-password/redis_password': 2 }),
  ]
  expect(again).toEqual(first)
  const changed = [...first].filter(([path, text]) => rotated.get(path) !== text).map(([path]) => path)
  expect(changed).toEqual(['node2:/etc/redis/cluster.d/password.conf', 'node3:/etc/cluster-redis.d/password'])
})
