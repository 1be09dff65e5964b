import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIni } from '../../../builder/load/ini.js'
import { clusterText, freeNetwork, overlap } from '../../../builder/plan/desk/cluster-text.js'
import { cidr } from '../../support/cidr.js'

const plain = { name: 'lab', workers: 3, network: cidr('10.0.0.0/24'), values: {}, ofMaster: {} }

const sectionsOf = (text: string) => {
  const { sections, problems } = parseIni(text, 'cluster.ini')
  expect(problems).toEqual([])
  return sections.map(({ name, values }) => [
    name,
    Object.fromEntries([...values].map(([key, { text }]) => [key, text])),
  ])
}

describe('a new cluster.ini', () => {
  it('has a master and as many workers as asked for', () => {
    expect(sectionsOf(clusterText(plain))).toEqual([
      ['cluster', { name: 'lab', network: '10.0.0.0/24' }],
      ['master', {}],
      ['node2..node4', {}],
    ])
    expect(sectionsOf(clusterText({ ...plain, workers: 1 }))[2]).toEqual(['node2', {}])
  })

  it('has comments with further keys, except those that are set', () => {
    expect(clusterText(plain)).toMatch(/^#wifi_ssid = /m)
    expect(clusterText(plain)).toMatch(/^#image = /m)
    const other = clusterText({ ...plain, values: { image: 'a.img' }, ofMaster: { uplink: 'eth1' } })
    expect(other).not.toMatch(/^#(wifi_ssid|image) = /m)
  })

  it.each([1, 3])('is right as well once the # is taken away, with workers: %i', (workers) => {
    const text = clusterText({ ...plain, workers })
      .replace(/^#(?=[a-z[])/gm, '')
      .replaceAll('…', 'x')
    const [cluster, master, ...nodes] = sectionsOf(text)
    expect(cluster?.[1]).toMatchObject({ user: 'anna', topology: 'backbone' })
    expect(master?.[1]).toMatchObject({ wifi_country: 'GB', uplink: 'eth1' })
    expect(nodes).toEqual([
      ...(workers === 1 ? [] : [['node2..node4', {}]]),
      ['node2', { mac: 'dc:a6:32:01:02:03' }],
    ])
  })

  it.each([
    ['routed', 'master', true, /Wi-Fi or second network card/],
    ['flat', '', false, /^# cluster-status on it .*router/m],
    ['backbone', 'cluster', false, /^# Workers: node2 has address number 2/m],
  ])('%s: says nothing that is not so', (topology, uplinkIn, hasPool, about) => {
    const text = clusterText({ ...plain, values: { topology } })
    const before = text.slice(0, text.indexOf('#uplink')).match(/^\[\w+\]/gm)
    expect(text.includes('#uplink') ? before?.at(-1) : '').toBe(uplinkIn === '' ? '' : `[${uplinkIn}]`)
    expect(text.includes('#dhcp_range')).toBe(hasPool)
    expect(text).toMatch(about)
    expect(text.includes('Wi-Fi or second network card')).toBe(topology === 'routed')
  })

  it('gives back every value as it was', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('aZ09 #;"\'\\=[]$%é')), minLength: 1 })
    fc.assert(
      fc.property(text, (value) => {
        const [, master] = sectionsOf(clusterText({ ...plain, ofMaster: { wifi_psk: value } }))
        expect(master).toEqual(['master', { wifi_psk: value }])
      }),
    )
  })
})

describe('a free network', () => {
  it('is one in which this computer is not', () => {
    expect(freeNetwork([]).toString()).toBe('10.0.0.0/24')
    expect(freeNetwork([cidr('192.168.1.17/24')]).toString()).toBe('10.0.0.0/24')
    expect(freeNetwork([cidr('10.1.2.3/8')]).toString()).toBe('192.168.5.0/24')
    expect(freeNetwork([cidr('10.1.2.3/8'), cidr('192.168.0.9/16')]).toString()).toBe('172.20.5.0/24')
  })

  it.each([
    ['10.0.0.0/24', '10.0.0.128/25', true],
    ['10.0.0.0/25', '10.0.0.200/24', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['10.0.0.0/8', '11.0.0.0/8', false],
  ])('%s and %s: %s', (some, others, expected) => {
    const [one, other] = [cidr(some), cidr(others)]
    expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected])
  })
})
