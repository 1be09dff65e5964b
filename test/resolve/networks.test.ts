import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { valueText } from '../../builder/host/show.js'
import { planNodes } from '../../builder/resolve/node-plans.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import { placeOf } from '../support/place.js'
import { temporaryFolder } from '../support/temporary.js'

/** As in seed 002: a firewall between two networks is the gateway of both, and no node is a master. */
const cluster = `
[group dmz]
network = 10.0.1.0/24
gateway = 10.0.1.254

[group deploy]
network = 10.0.2.0/24
gateway = 10.0.2.254
dns = 10.0.1.2

[node2..node3]
groups = dmz

[node9]
groups = deploy
`

it('groups of a cluster without a master can be in networks of their own', async () => {
  const place = placeOf(temporaryFolder({ 'cluster.ini': cluster }))
  const image = join(place.folder, 'trixie.img')
  await makePracticeImage('trixie', image)
  const plans = await planNodes({ place, options: { image }, purpose: 'show' })
  plans.close()
  const { nodes, warnings } = plans
  expect(warnings).toEqual([])
  const valuesOf = ({ plan }: (typeof nodes)[number]) =>
    ['hostname', 'address', 'gateway', 'dns'].map((name) => {
      const found = plan.values.get(name)
      return found === undefined ? '' : valueText(found.value)
    })
  expect(nodes.map(valuesOf)).toEqual([
    ['node2', '10.0.1.2/24', '10.0.1.254', '10.0.1.254'],
    ['node3', '10.0.1.3/24', '10.0.1.254', '10.0.1.254'],
    ['node9', '10.0.2.9/24', '10.0.2.254', '10.0.1.2'],
  ])
  const hosts = nodes.at(-1)?.plan.root.find(({ path }) => path === '/etc/hosts')
  const text = hosts?.kind === 'file' ? wholeOf(hosts.content).toString() : ''
  expect(text).toContain('10.0.1.2\tnode2')
})
