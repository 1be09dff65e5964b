import { describe, expect, it } from 'vitest'
import { plain } from '../../builder/model/value.js'
import { withDefaults } from '../../builder/plan/defaults.js'
import { loginKey, nodeInput } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { problemText } from '../support/problem-text.js'

const base = practiceBase('bookworm')

function complete(set: Readonly<Record<string, string>>, facts = base.facts) {
  const { input, problems } = nodeInput({ base, set })
  const values = withDefaults(input.given, facts, input.loginKeys, input.cluster)
  const value = (name: string) => {
    const sourced = values.get(name)
    return sourced === undefined ? undefined : plain(sourced.value)
  }
  return { value, origin: (name: string) => values.get(name)?.origin, problems: problemText(problems) }
}

describe('the address', () => {
  it.each([
    ['node3', '10.0.0.0/24', '10.0.0.3/24'],
    ['rack1-node12', '10.0.0.0/24', '10.0.0.12/24'],
    ['node300', '10.0.0.0/16', '10.0.1.44/16'],
    ['node003', '192.168.5.0/24', '192.168.5.3/24'],
    ['254', '10.0.0.0/24', '10.0.0.254/24'],
  ])('of %s in %s is %s', (hostname, network, address) => {
    const node = complete({ hostname, network })
    expect(node.value('address')).toBe(address)
    expect(node.problems).toEqual([])
  })

  it('says where it comes from', () => {
    expect(complete({}).origin('address')).toEqual({
      file: 'default',
      key: 'number 3 of 10.0.0.0/24',
      isShipped: true,
    })
  })

  it.each(['node0', 'node255', 'node99999999999999999999'])('of %s is none', (hostname) => {
    expect(complete({ hostname }).value('address')).toBeUndefined()
    expect(complete({ hostname }).problems[0]).toMatch(
      /number \d+ of "node\d+" is not a host address in 10\.0\.0\.0\/24$/,
    )
  })

  it('of a name without a number has to be given', () => {
    expect(complete({ hostname: 'node-a' }).problems).toEqual([
      'error: command line --set hostname: "node-a" has no number for an address',
      '  hint: give it an address, such as 10.0.0.3/24, or dhcp',
    ])
    expect(complete({ hostname: 'node-a', address: 'dhcp' }).problems).toEqual([])
  })

  it('brings its network with it, unless one is given', () => {
    expect(complete({ address: '192.168.5.9/24' }).value('network')).toBe('192.168.5.0/24')
    expect(complete({ address: '192.168.5.9/24', network: '10.0.0.0/8' }).value('network')).toBe('10.0.0.0/8')
  })
})

describe('the gateway', () => {
  it('is the first address of the network, and the DNS server', () => {
    const node = complete({ network: '192.168.5.0/24' })
    expect([node.value('gateway'), node.value('dns')]).toEqual(['192.168.5.1', ['192.168.5.1']])
  })

  it('is also the DNS server where it is given', () => {
    expect(complete({ gateway: '10.0.0.254' }).value('dns')).toEqual(['10.0.0.254'])
  })

  it.each([
    ['with no gateway', { gateway: 'none' }],
    ['with Wi-Fi', { wifi_ssid: 'home' }],
    ['with DHCP', { address: 'dhcp' }],
    ['outside of its network', { address: '10.9.0.3/24', network: '10.0.0.0/24' }],
  ])('has no default for a node %s', (_, set: Record<string, string>) => {
    expect(complete(set).value('gateway')).toBe(set['gateway'])
    expect(complete(set).value('dns')).toBeUndefined()
  })

  it('is what was given', () => {
    const node = complete({ gateway: '10.0.0.9', dns: '9.9.9.9', wifi_ssid: 'home' })
    expect([node.value('gateway'), node.value('dns')]).toEqual(['10.0.0.9', ['9.9.9.9']])
  })
})

describe('the user', () => {
  it('is that of the base image, or pi', () => {
    expect(complete({}).value('user')).toBe('pi')
    expect(complete({}).origin('user')?.key).toBe("the base image's user 1000")
    expect(complete({}, { ...base.facts, users: [] }).origin('user')?.key).toBe('there is no user 1000')
  })

  it("gets one's own keys where neither keys nor a password are given", () => {
    expect(complete({}).value('authorized_keys')).toEqual([loginKey])
    expect(complete({ password_hash: `$6$a$${'a'.repeat(86)}` }).value('authorized_keys')).toEqual([loginKey])
    expect(complete({ authorized_keys: `${loginKey}x` }).value('authorized_keys')).toEqual([`${loginKey}x`])
  })
})
