import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  networkAlone,
  networksOfCluster,
  type NodePlace,
  userNetwork,
} from '../../builder/emulate/networks.js'
import { contains } from '../../builder/model/ipv4.js'
import { cidr } from '../support/cidr.js'

const worker: NodePlace = {
  label: 'node2.img',
  role: 'worker',
  topology: 'routed',
  address: cidr('10.0.0.2/24'),
  network: cidr('10.0.0.0/24'),
  reserved: '',
  gateway: '10.0.0.1',
  dns: ['10.0.0.1'],
  mac: '',
  hasUplink: false,
  isOnWifi: false,
}

describe("QEMU's user network", () => {
  it('is gateway and DNS server of a worker', () => {
    expect(userNetwork(cidr('10.0.0.3/24'), '10.0.0.1', ['10.0.0.1'])).toEqual({
      network: '10.0.0.0/24',
      dns: '10.0.0.1',
      host: '10.0.0.2',
      lease: '10.0.0.4',
      guest: '10.0.0.3',
    })
  })

  it('gives two addresses where gateway and DNS server are two', () => {
    const { host, dns } = userNetwork(cidr('192.168.5.7/24'), '192.168.5.1', ['192.168.5.2'])
    expect([host, dns]).toEqual(['192.168.5.1', '192.168.5.2'])
  })

  it('gives an address to a node that wants one', () => {
    expect(userNetwork(undefined, undefined, []).guest).toBe('10.0.2.15')
    expect(userNetwork(undefined, undefined, []).lease).toBe('10.0.2.15')
  })

  it('has four addresses of one network, for every node', () => {
    const byte = fc.integer({ min: 1, max: 254 })
    fc.assert(
      fc.property(
        fc.tuple(byte, byte, byte, byte),
        fc.integer({ min: 8, max: 30 }),
        byte,
        (bytes, prefix, last) => {
          const gateway = [...bytes.slice(0, 3), last].join('.')
          const found = userNetwork(cidr(`${bytes.join('.')}/${prefix}`), gateway, [gateway])
          const addresses = [found.host, found.dns, found.lease, found.guest]
          const network = cidr(found.network)
          expect(new Set(addresses).size).toBe(4)
          for (const address of addresses) expect(contains(network, address)).toBe(true)
          expect(found.guest).toBe(bytes.join('.'))
        },
      ),
    )
  })
})

describe('the network of a cluster', () => {
  const master: NodePlace = {
    ...worker,
    label: 'master.img',
    role: 'master',
    address: cidr('10.0.0.1/24'),
    gateway: '',
    dns: [],
  }
  const node3: NodePlace = { ...worker, label: 'node3.img', address: cidr('10.0.0.3/24') }
  const leads = (nodes: readonly NodePlace[]) =>
    networksOfCluster(nodes, 2222).map(({ cards }) =>
      cards.map(({ lead }) => (lead === 'switch' ? lead : lead.sshPort)),
    )

  it('leads to the outside from the master only', () => {
    expect(leads([master, worker, node3])).toEqual([['switch', 2222], ['switch'], ['switch']])
    expect(networksOfCluster([master, worker], 1).map(({ outside }) => outside)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('has a router for each node in another network, and none for those whose gateway is the master', () => {
    const far = { ...worker, address: cidr('10.0.2.8/24'), network: cidr('10.0.2.0/24') }
    const [, near, ...others] = networksOfCluster(
      [
        master,
        worker,
        { ...far, gateway: '10.0.2.254' },
        { ...far, address: cidr('10.0.2.9/24'), gateway: '10.0.2.253' },
      ],
      1,
    )
    expect(near?.outside).toBe(undefined)
    // QEMU answers for each of its addresses.
    expect(others.map(({ outside }) => outside?.network.dns)).toEqual(['10.0.2.254', '10.0.2.253'])
  })

  it('leads to the outside from every node with a way of its own', () => {
    const backbone = [master, worker].map((node) => ({ ...node, topology: 'backbone' as const, gateway: '' }))
    expect(leads(backbone)).toEqual([
      ['switch', 2222],
      ['switch', undefined],
    ])
    expect(leads([master, { ...worker, gateway: '', hasUplink: true }])).toEqual([
      ['switch', 2222],
      ['switch', undefined],
    ])
  })

  it('has the MAC address of the plan, else one of Raspberry Pi for each card', () => {
    const [first, second] = networksOfCluster([master, { ...worker, mac: '02:00:00:00:00:01' }], 1)
    const own = first?.cards.map(({ mac }) => mac) ?? []
    expect(own).toEqual([
      expect.stringMatching(/^dc:a6:32(:[\da-f]{2}){3}$/),
      expect.stringMatching(/^dc:a6:32:/),
    ])
    expect(new Set([...own, networkAlone(node3, 1).cards[0]?.mac]).size).toBe(3)
    expect(second?.cards[0]?.mac).toBe('02:00:00:00:00:01')
  })

  it('has an uplink that does not overlap it', () => {
    const uplink = (network: string) => {
      const lead = networksOfCluster([{ ...master, network: cidr(network) }], 1)[0]?.cards[1]?.lead
      return typeof lead === 'object' ? lead.network : undefined
    }
    expect(uplink('10.0.0.0/24')?.network).toBe('10.0.2.0/24')
    for (const network of ['10.0.0.0/8', '10.0.2.0/24', '10.0.2.128/26', '10.0.0.0/22'])
      expect(uplink(network)).toEqual({
        network: '172.20.2.0/24',
        host: '172.20.2.2',
        dns: '172.20.2.3',
        lease: '172.20.2.15',
        guest: '172.20.2.15',
      })
    expect(uplink('172.16.0.0/12')?.network).toBe('10.0.2.0/24')
  })

  it('has another computer as its gateway where the plan has one, with no address of a node', () => {
    const gateway = '10.0.0.254'
    const nodes = [
      { ...master, gateway, dns: [gateway] },
      { ...worker, gateway },
      { ...node3, address: undefined, reserved: '10.0.0.200', gateway: '' },
    ]
    const found = networksOfCluster(nodes, 2222)
    expect(found.map(({ cards }) => cards.length)).toEqual([1, 1, 1])
    const outsides = found.map(({ outside }) => outside)
    expect(outsides.map((outside) => outside?.leases)).toEqual([false, false, false])
    expect(outsides.map((outside) => outside?.sshPort)).toEqual([2222, undefined, undefined])
    expect(outsides.map((outside) => outside?.network.guest)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.200'])
    for (const network of outsides.map((outside) => outside?.network)) {
      expect([network?.host, network?.dns]).toContain(gateway)
      for (const taken of ['10.0.0.1', '10.0.0.2', '10.0.0.200'])
        expect([network?.host, network?.dns]).not.toContain(taken)
    }
  })

  it('gives the nodes of a flat network an address each', () => {
    const flat = [master, worker, node3].map((node) => ({
      ...node,
      topology: 'flat' as const,
      address: undefined,
      gateway: '',
    }))
    const outsides = networksOfCluster(flat, 2222).map(({ outside }) => outside)
    expect(outsides.map((outside) => outside?.leases)).toEqual([true, true, true])
    expect(outsides.map((outside) => outside?.network.guest)).toEqual(['10.0.2.15', '10.0.2.16', '10.0.2.17'])
  })
})

describe('the network of a node alone', () => {
  it('has QEMU in the place of the master', () => {
    const { cards, outside } = networkAlone(worker, 2222)
    expect(cards.map(({ lead }) => lead)).toEqual([
      { network: userNetwork(cidr('10.0.0.2/24'), '10.0.0.1', ['10.0.0.1']), sshPort: 2222 },
    ])
    expect(outside).toBe(undefined)
    const master: NodePlace = {
      ...worker,
      label: 'master.img',
      role: 'master',
      address: cidr('10.0.0.1/24'),
      gateway: '',
    }
    expect(networkAlone(master, 2222)).toEqual(networksOfCluster([master], 2222)[0])
  })

  it('has a wired card with DHCP where the node is on Wi-Fi, outside the cluster’s network', () => {
    const network = cidr('10.0.2.0/24')
    const address = cidr('10.0.2.7/24')
    const { cards, outside } = networkAlone({ ...worker, network, address, isOnWifi: true }, 2222)
    const wired = userNetwork(undefined, undefined, [])
    const other = Object.fromEntries(
      Object.entries(wired).map(([name, value]) => [name, String(value).replace('10.0.2', '172.20.2')]),
    )
    expect(cards.map(({ lead }) => lead)).toEqual([{ network: other, sshPort: 2222 }])
    expect(outside).toBe(undefined)
  })
})
