import { describe, expect, it } from 'vitest'
import type { ClusterNode } from '../../../builder/model/cluster-node.js'
import { type Reachable, sshConfig } from '../../../builder/plan/desk/ssh-config.js'

const files = { knownHosts: '/home/me/my cluster/.piimg/known_hosts', identities: ['/home/me/100%/id'] }

function node(hostname: string, ip: string, more: Partial<ClusterNode & Reachable> = {}): Reachable {
  const common = {
    aliases: [],
    role: 'worker',
    mac: '',
    reserved: false,
    user: 'pi',
    topology: 'routed',
  } as const
  return { hostname, fqdn: `${hostname}.lab`, ip, ...common, ...more }
}

const master = node('master', '10.0.0.1', { role: 'master', aliases: ['node1'] })

/** The settings of a host by its first name. */
function hostsOf(text: string): Map<string, string[]> {
  const blocks = text.split(/^Host /m).slice(1)
  return new Map(
    blocks.reverse().map((block) => {
      const [names = '', ...lines] = block.trim().split('\n')
      return [names.split(' ')[0] ?? '', lines.map((line) => line.trim())] as const
    }),
  )
}

describe("the ssh_config of the user's computer", () => {
  it('leads to the master by its name or its cable, and through it to the workers', () => {
    const text = sshConfig([master, node('node2', '10.0.0.2', { user: 'ada' }), node('node3', '')], files)
    const hosts = hostsOf(text)
    expect(text).toMatch(/^Host master master\.lab master\.local node1$/m)
    expect(hosts.get('master')).toEqual(['HostName master.local', 'HostKeyAlias master', 'User pi'])
    expect(text).toMatch(/^Host master-eth0 10\.0\.0\.1$/m)
    expect(hosts.get('master-eth0')).toEqual(['HostName 10.0.0.1', 'HostKeyAlias master', 'User pi'])
    expect(hosts.get('node2')).toEqual([
      'HostName 10.0.0.2',
      'HostKeyAlias node2',
      'User ada',
      'ProxyJump master',
    ])
    expect(hosts.get('node3')).toEqual([
      'HostName node3',
      'HostKeyAlias node3',
      'User pi',
      'ProxyJump master',
    ])
  })

  it('leads to each node at once on a network that all are on, and where no master is known', () => {
    const flat = { topology: 'flat' } as const
    for (const nodes of [
      [{ ...master, ...flat }, node('node2', '10.0.0.2', flat), node('node3', '', flat)],
      [node('node2', '10.0.0.2'), node('node3', '')],
    ]) {
      const hosts = hostsOf(sshConfig(nodes, files))
      expect(hosts.get('node2')).toEqual(['HostName 10.0.0.2', 'HostKeyAlias node2', 'User pi'])
      expect(hosts.get('node3')).toEqual(['HostName node3.local', 'HostKeyAlias node3', 'User pi'])
      if (nodes.length === 3) expect(hosts.get('master')?.[0]).toBe('HostName 10.0.0.1')
    }
  })

  it('checks the keys of all nodes, does not mention other hosts, and quotes paths', () => {
    const text = sshConfig([master, node('node2', '10.0.0.2')], files)
    expect(text).not.toMatch(/[*?]/)
    expect(text.split('\n').slice(-7)).toEqual([
      'Host master master.lab master.local node1 master-eth0 10.0.0.1 node2 node2.lab node2.local 10.0.0.2',
      '  IdentityFile "/home/me/100%%/id"',
      '  UserKnownHostsFile "/home/me/my cluster/.piimg/known_hosts"',
      '  GlobalKnownHostsFile /dev/null',
      '  StrictHostKeyChecking yes',
      '  CheckHostIP no',
      '',
    ])
  })
})
