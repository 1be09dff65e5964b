import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { mask } from '../../builder/plan/secrets.js'
import { readKey, sshFields } from '../../builder/model/ssh/ssh-key.js'
import { placeholderState } from '../../builder/resolve/new-state.js'
import { principalsOf, trustOf } from '../../builder/plan/trust.js'
import { authority, clusterId, planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { problemText } from '../support/problem-text.js'

const node = { hostname: 'node3', fqdn: 'node3.lab.example', aliases: [], ip: '10.0.0.3' }
const base = practiceBase('trixie')

/** The ID and the principals of an ed25519 certificate (PROTOCOL.certkeys). */
function claimOf(line: string): { id: string; principals: string[] } {
  const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64')
  const head = (sshFields(blob, 3) ?? []).reduce((sum, { length }) => sum + 4 + length, 8 + 4)
  const [id, principals] = sshFields(blob.subarray(head), 2) ?? []
  return { id: String(id), principals: (sshFields(principals ?? Buffer.alloc(0)) ?? []).map(String) }
}

describe('the trust of a node', () => {
  it('is the same each time, and of this node, this cluster and this authority', () => {
    const trust = trustOf(node, authority, clusterId)
    expect(trustOf({ ...node }, { ...authority }, clusterId)).toEqual(trust)
    const other = placeholderState(0).id
    const others = [
      trust,
      trustOf({ ...node, hostname: 'node4' }, authority, clusterId),
      trustOf(node, authority, other),
    ]
    const keys = others.flatMap(({ host_key, user_key }) => [host_key, user_key])
    expect(new Set(keys.map((key) => readKey(key)?.seed.toString('hex'))).size).toBe(6)
  })

  it('keeps its keys where its address changes, and is certified for the new one', () => {
    const [before, after] = ['10.0.0.3', '10.0.0.9'].map((ip) =>
      trustOf({ ...node, ip }, authority, clusterId),
    )
    expect(after).toMatchObject({ host_key: before?.host_key, user_certificate: before?.user_certificate })
    expect(claimOf(after?.host_certificate ?? '').principals).toContain('10.0.0.9')
    expect(claimOf(after?.host_certificate ?? '').principals).not.toContain('10.0.0.3')
  })

  it('says which node of which cluster it is, and that its user is one of the cluster', () => {
    const { host_certificate, user_certificate } = trustOf(node, authority, clusterId)
    expect(claimOf(host_certificate)).toEqual({ id: `node3@${clusterId}`, principals: principalsOf(node) })
    expect(claimOf(user_certificate)).toEqual({ id: `node3@${clusterId}`, principals: ['cluster'] })
  })

  it('is a recognizable placeholder before there is an authority', () => {
    const trust = trustOf(node, placeholderState(0).authority, clusterId)
    for (const text of Object.values(trust)) expect(text).toMatch(/that the first build makes/)
  })
})

describe('a node is trusted by', () => {
  it('all its names and its address', () => {
    expect(principalsOf(node)).toEqual(['node3', 'node3.lab.example', 'node3.local', '10.0.0.3'])
    const master = { hostname: 'head', fqdn: 'head.lab', aliases: ['master', 'node1'], ip: '' }
    expect(principalsOf(master)).toEqual([
      'head',
      'head.lab',
      'master',
      'master.lab',
      'node1',
      'node1.lab',
      'head.local',
    ])
  })

  it.each([
    [{}, ['10.0.0.3']],
    [{ address: '192.168.1.9/24' }, ['192.168.1.9']],
    [{ address: 'dhcp', reserved: '10.0.0.77' }, ['10.0.0.77']],
    [{ address: 'dhcp' }, []],
  ])('the address that is planned for it: %j', (set, addresses) => {
    const { plan, problems } = planOf({ base, set })
    const path = '/etc/ssh/piimg/ssh_host_ed25519_key-cert.pub'
    const entry = plan.root.find((each) => each.path === path)
    const { principals } = claimOf(entry?.kind === 'file' ? wholeOf(entry.content).toString() : '')
    expect(principals).toEqual(['node3', 'node3.cluster.internal', 'node3.local', ...addresses])
    const warned = problemText(problems).some((line) => line.includes('trusted by its names only'))
    expect(warned).toBe(addresses.length === 0)
  })

  it('the other names of a master', () => {
    const { plan } = planOf({ base, profile: 'master', set: { hostname: 'master' } })
    const entry = plan.root.find(({ path }) => path === '/etc/ssh/piimg/ssh_host_ed25519_key-cert.pub')
    expect(claimOf(entry?.kind === 'file' ? wholeOf(entry.content).toString() : '').principals).toContain(
      'node1',
    )
  })
})

it('no private key is ever shown', () => {
  const { plan } = planOf({ base, set: {} })
  const files = plan.root.flatMap((entry) => (entry.kind === 'file' ? [entry] : []))
  const secret = files.filter(({ content }) => wholeOf(content).includes('PRIVATE KEY'))
  expect(secret.map(({ path, mode, shown }) => [path, mode, wholeOf(shown).toString()])).toEqual([
    ['/etc/ssh/piimg/ssh_host_ed25519_key', 0o600, `${mask}\n`],
    ['/home/pi/.ssh/id_ed25519', 0o600, `${mask}\n`],
  ])
  expect(files.some(({ shown }) => wholeOf(shown).includes('PRIVATE KEY'))).toBe(false)
  expect(JSON.stringify([...plan.values, ...plan.shownValues])).not.toContain('PRIVATE KEY')
})
