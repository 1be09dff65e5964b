import { describe, expect, it } from 'vitest'
import type { ClusterNode } from '../../builder/model/cluster-node.js'
import { patternsOf } from '../../builder/model/ipv4.js'
import { sshHosts } from '../../builder/plan/ssh-hosts.js'
import { cidr } from '../support/cidr.js'

function node(hostname: string, aliases: readonly string[] = []): ClusterNode {
  return { hostname, fqdn: `${hostname}.lab`, aliases, role: 'worker', ip: '', mac: '', reserved: false }
}

const network = (text: string) => patternsOf(cidr(text))

describe('the nodes of a cluster, as ssh_config calls them,', () => {
  it('are few patterns', () => {
    const nodes = [
      node('master', ['node1']),
      ...Array.from({ length: 11 }, (_, index) => node(`node${index + 2}`)),
      node('rack7-b'),
      node('3'),
    ]
    expect(sshHosts(nodes, 'lab', cidr('10.0.0.0/24')).join(' ')).toBe(
      '*.lab 3 master node? node?? rack7-b 3.local master.local node?.local node??.local rack7-b.local 10.0.0.*',
    )
  })

  it('are the same with a node more, and before there is a master', () => {
    const nodes = [node('master', ['node1']), node('node2')]
    const some = [nodes, [...nodes, node('node3')], nodes.slice(1)].map((cluster) =>
      sshHosts(cluster, 'lab', undefined),
    )
    expect(some[1]).toEqual(some[0])
    expect(some[2]).toEqual(some[0])
  })
})

describe('a network as patterns', () => {
  it('holds all its addresses and no others', () => {
    expect(network('10.0.0.0/8')).toEqual(['10.*'])
    expect(network('172.16.0.0/12')).toHaveLength(16)
    expect(network('172.16.0.0/12').slice(-1)).toEqual(['172.31.*'])
    expect(network('192.168.4.9/23')).toEqual(['192.168.4.*', '192.168.5.*'])
    expect(network('192.168.7.0/24')).toEqual(['192.168.7.*'])
    expect(network('10.0.0.4/30')).toEqual(['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7'])
  })
})
