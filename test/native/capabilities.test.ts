import { describe, expect, it } from 'vitest'
import { formsOf, overlaysOf } from '../support/capability.js'
import { bases } from './base.js'
import { bootedCluster } from './booted-cluster.js'
import { far, type Node } from './lab.js'
import { aptProxy, uplinkAddress } from './outside.js'
import { forAll, listenEverywhere, onlySsh, scanAll } from './ports.js'

const [base] = bases
if (base === undefined) throw new Error('no base image')

const clusterFile = `
[cluster]
apt_proxy = ${aptProxy}
clock_wait = 1
overlays = ~mpi ~tools

[master]
uplink = eth1
overlays = balancer

[group web]
overlays = web-server

[node2..node3]
groups = web

[node2]
overlays = redis-password redis-server

[node3]
overlays = redis-password redis-client
`

/** On every port but those of the services, whose programs listen there themselves. */
const listen = listenEverywhere.replace('- {', '- {80, 6379, 8080, ')

describe('Redis with a password, and web servers behind HAProxy', () => {
  const cluster = bootedCluster(base, {
    files: { 'cluster.ini': clusterFile, ...overlaysOf('redis'), ...overlaysOf('balancer') },
    names: ['master', 'node2', 'node3'],
    hasUplink: (name) => name === 'master',
    build: [[]],
    prepare: listen,
  })

  it('the client authenticates with the password that piimg made', async () => {
    const client = cluster.node('node3')
    expect(await client.ask('cluster-redis set greeting hello')).toBe('OK')
    expect(await client.ask('cluster-redis get greeting')).toBe('hello')
    expect(await client.ask('redis-cli -h node2 get greeting')).toMatch(/NOAUTH/)
    expect(await client.ask('REDISCLI_AUTH=other redis-cli -h node2 get greeting 2>&1')).toMatch(/WRONGPASS/)
  })

  it('the uplink reaches each web server through the balancer', async () => {
    // HAProxy looks every two seconds which servers are up.
    const answers = new Set<string>()
    const added = async () => [...answers.add(await answerOf(`http://${uplinkAddress}/`))].sort()
    await expect.poll(added, { timeout: far * 1000 }).toEqual(['node2', 'node3'])
  })

  it('and no other port, on the master or behind it', async () => {
    const outside = cluster.outside?.computer
    if (outside === undefined) throw new Error('no router')
    await outside.run('ip', 'route', 'replace', '10.0.0.0/24', 'via', uplinkAddress)
    const behind = ['10.0.0.2', '10.0.0.3']
    const all = [uplinkAddress, ...behind]
    const closed = { ...forAll([uplinkAddress], onlySsh), ...forAll(behind, []) }
    const open = { ...closed, [uplinkAddress]: [...onlySsh, 'tcp 80'] }
    expect(await scanAll(outside, all)).toEqual(open)
    const rule = 'INPUT -p tcp -m tcp --dport 80 -j ACCEPT'
    await cluster.node('master').ask(`iptables -D ${rule}`)
    expect(await scanAll(outside, all)).toEqual(closed)
    await cluster.node('master').ask('systemctl restart piimg-firewall')
    expect(await scanAll(outside, all)).toEqual(open)
  })

  it('only root finds the password on a node', async () => {
    const line = await cluster.node('node2').ask('cat /etc/redis/cluster.d/password.conf')
    const secret = line.split(' ')[1] ?? ''
    expect(secret).toMatch(/^.{44}$/)
    for (const node of ['master', 'node2', 'node3'])
      expect(await placesOf(cluster.node(node), secret)).toBe('')
  })

  /** What a web server says to a computer beyond the uplink. */
  async function answerOf(address: string): Promise<string> {
    const script = `fetch(process.argv[1]).then((r) => r.text()).then((text) => console.log(text.trim()))`
    const { stdout } = (await cluster.outside?.computer.run(process.execPath, '-e', script, address)) ?? {}
    return stdout?.trim() ?? ''
  }
})

/** Where a secret can be read without being root: processes, units, the journal, files. Its forms go in by stdin. */
async function placesOf(node: Node, secret: string): Promise<string> {
  const { stdout } = await node.run(
    `umask 077
    forms=$(mktemp) && cat >"$forms"
    ps -eo args= | grep -F -f "$forms" | sed 's/^/process: /'
    systemctl show '*' | grep -F -f "$forms" | sed 's/^/unit: /'
    journalctl --no-pager | grep -F -f "$forms" | sed 's/^/journal: /'
    cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -F -f "$forms" | sed 's/^/environment: /'
    find / -xdev -type f -perm /044 -size -2M -exec grep -l -F -f "$forms" {} + 2>/dev/null | sed 's/^/file: /'
    rm "$forms"`,
    `${formsOf(secret).join('\n')}\n`,
  )
  return stdout
}
