import { describe, expect, it } from 'vitest'
import { hosts } from '../../../builder/plan/edits/hosts.js'

const stock = '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost\n\n127.0.1.1\t\traspberrypi\n'
const fixed = { hostname: 'node3', fqdn: 'node3.cluster.internal', ip: '10.0.0.3' }
const dynamic = { ...fixed, ip: '' }

describe('hosts', () => {
  it('gives a node with a fixed address that address, and no 127.0.1.1', () => {
    expect(hosts(stock, fixed)).toBe(
      '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost\n\n10.0.0.3\tnode3.cluster.internal node3\n',
    )
  })

  it('gives a node with DHCP the line of 127.0.1.1', () => {
    expect(hosts(stock, dynamic)).toBe(
      '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost\n\n127.0.1.1\tnode3.cluster.internal node3\n',
    )
  })

  it('writes one line in the place of several', () => {
    expect(hosts('127.0.1.1 old\n9.9.9.9 dns\n10.0.0.3 old\n', fixed)).toBe(
      '10.0.0.3\tnode3.cluster.internal node3\n9.9.9.9 dns\n',
    )
  })

  it('takes addresses for what they are, not for the beginning of others', () => {
    const text = '10.0.0.30 node30\n#127.0.1.1 was here\n'
    expect(hosts(text, fixed)).toBe(`${text}10.0.0.3\tnode3.cluster.internal node3\n`)
  })

  it('replaces the line of a node with DHCP when its address becomes fixed', () => {
    expect(hosts(hosts(stock, dynamic), fixed)).toBe(hosts(stock, fixed))
  })

  it('makes a file, and ends a last line that had no end', () => {
    expect(hosts('', fixed)).toBe('10.0.0.3\tnode3.cluster.internal node3\n')
    expect(hosts('127.0.0.1 localhost', fixed)).toBe(
      '127.0.0.1 localhost\n10.0.0.3\tnode3.cluster.internal node3\n',
    )
  })
})
