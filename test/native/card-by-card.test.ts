import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bases } from './base.js'
import { bootedCluster, everybodyReachesEverybody, onlySshEntersFromOutside } from './booted-cluster.js'
import { aptProxy } from './outside.js'
import { listenEverywhere } from './ports.js'

const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node3: '10.0.0.3' }
const set = ['--set', `apt_proxy=${aptProxy}`, '--set', 'clock_wait=1']
const card = (profile: string, hostname: string, ...more: string[]) => [
  '--profile',
  profile,
  '--hostname',
  hostname,
  ...set,
  ...more,
]
const worker = (hostname: string) => card('worker', hostname)
const master = card('master', 'master', '--set', 'uplink=eth1')
const nothing = '[overlay]\nsummary = none here\n'
const files = { 'overlays/mpi/overlay.ini': nothing, 'overlays/tools/overlay.ini': nothing }

const askDhcp = fileURLToPath(
  new URL('../../overlays/conflicts/root/usr/lib/piimg/ask-dhcp', import.meta.url),
)

const [base] = bases
const orders = {
  'before its workers': [master, worker('node2'), worker('node3')],
  'between its workers': [worker('node3'), master, worker('node2')],
}

describe.each(Object.entries(orders))(
  'a cluster without a cluster.ini, whose master was built %s',
  (_, build) => {
    if (base === undefined) throw new Error('no base')
    const cluster = bootedCluster(base, {
      files,
      names: Object.keys(addresses),
      hasUplink: (name) => name === 'master',
      build,
      prepare: listenEverywhere,
    })

    it('has the planned addresses, and gets ready through the master', async () => {
      for (const [name, address] of Object.entries(addresses)) {
        expect(await cluster.node(name).ask('ip -4 -oneline address show dev eth0')).toContain(
          ` ${address}/24 `,
        )
      }
      expect(await cluster.node('node2').ask('ip route show default')).toMatch(
        /^default via 10\.0\.0\.1 dev eth0 /,
      )
    })

    // A worker that is not on its master's card announces itself once the master answers.
    it('is known to its master', async () => {
      const row = ([name, address]: readonly [string, string]) =>
        new RegExp(`^${name} +${address.replaceAll('.', '\\.')} +(here|yes) +ready`, 'm')
      const rows = Object.entries(addresses).map(row)
      await expect
        .poll(
          async () => {
            const status = await cluster.node('master').ask('cluster-status')
            return rows.filter((each) => !each.test(status))
          },
          { timeout: 600_000, interval: 1000 },
        )
        .toEqual([])
    })

    it('trusts itself, and knows itself by name', () => everybodyReachesEverybody(cluster, addresses))

    it('resolves names both ways, and gives other machines addresses', async () => {
      for (const name of Object.keys(addresses)) {
        for (const [other, address] of Object.entries(addresses)) {
          expect(await cluster.node(name).ask(`getent hosts ${address}`)).toContain(
            `${other}.cluster.internal`,
          )
        }
      }
      const guest = await cluster.lab.plug('guest', '10.0.0.199/24')
      expect((await guest.run('python3', askDhcp, 'eth0', '60')).stdout).toBe('10.0.0.1\n')
    })

    it('lets others in by ssh of the master only, also after its reboot', () =>
      onlySshEntersFromOutside(cluster, addresses))
  },
)
