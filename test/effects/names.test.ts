import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { practiceBase, releases, stockText } from '../support/practice-base.js'
import { planOf } from '../support/node.js'
import { effectsOn } from '../support/effects.js'
import { problemText } from '../support/problem-text.js'

const cluster = [{ hostname: 'master' }, { hostname: 'node2' }]

/** What is found on a node whose /etc/hosts lists the cluster. */
function withHosts(...lines: readonly string[]): string[] {
  const text = `${stockText('bookworm', 'root/etc/hosts') ?? ''}${lines.map((line) => `${line}\n`).join('')}`
  const base = practiceBase('bookworm', [file('/etc/hosts', text)])
  const set = { gateway: '10.0.0.254', dns: '10.0.0.254' }
  return problemText(planOf({ base, set, others: cluster }).problems)
}

describe('the names of the cluster', () => {
  it.each(releases)('are those of the cluster on the stock image of %s', (release) => {
    expect(effectsOn(release, {})).toEqual([])
    expect(effectsOn(release, { set: { address: 'dhcp' } })).toEqual([])
  })

  it('are those of the first line of /etc/hosts', () => {
    expect(withHosts('192.168.1.9 printer nas.example')).toEqual([])
    expect(withHosts('10.0.0.2 node2')).toEqual([])
    const what = (address: string) => [
      `error: bookworm.img root/etc/hosts, line 7: node2 is ${address} here, but 10.0.0.2 in the cluster`,
      '  hint: remove the name from /etc/hosts of the base image',
    ]
    expect(withHosts('192.168.1.20 node2')).toEqual(what('192.168.1.20'))
    expect(withHosts('192.168.1.20 nas NODE2 # mine')).toEqual(what('192.168.1.20'))
    expect(withHosts('fd00::2 node2.cluster.internal')[0]).toContain('node2.cluster.internal is fd00::2 here')
  })

  it('are not asked for where /etc/hosts has them already', () => {
    const text = `${stockText('bookworm', 'root/etc/hosts') ?? ''}10.0.0.9 nas.cluster.internal nas\n`
    expect(effectsOn('bookworm', { root: [file('/etc/hosts', text)] })).toEqual([
      "bookworm.img: root/etc/hosts, line 7: nas.cluster.internal is 10.0.0.9 here: the master's DNS server is not asked",
    ])
  })

  it('are not the loopback address', () => {
    const text = `127.0.0.1 localhost node3\n${stockText('bookworm', 'root/etc/hosts') ?? ''}`
    expect(effectsOn('bookworm', { root: [file('/etc/hosts', text)] })).toEqual([
      'bookworm.img: root/etc/hosts, line 1: node3 is 127.0.0.1 here, but 10.0.0.3 in the cluster',
    ])
  })

  const hosts = (text: string) => ({ root: [file('/etc/nsswitch.conf', `passwd: files\n${text}`)] })
  const place = 'bookworm.img: root/etc/nsswitch.conf, line 2'
  it.each([
    ['hosts: files dns\n', undefined],
    ['hosts: files mdns4_minimal [NOTFOUND=return] dns\n', undefined],
    ['hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n', undefined],
    ['hosts: mdns4_minimal [NOTFOUND=return] files dns\n', undefined],
    ['hosts: dns files\n', 'dns is asked before /etc/hosts'],
    ['hosts: myhostname files dns\n', 'myhostname is asked before /etc/hosts'],
    ['hosts: wins files dns\n', 'wins is asked before /etc/hosts'],
    ['hosts: dns\n', 'names of the cluster are not looked up in /etc/hosts'],
    ['hosts: files\n', 'names that are not in /etc/hosts are not found'],
    ['hosts: files [NOTFOUND=return] dns\n', 'names that are not in /etc/hosts are not found'],
  ])('are asked for as %j says', (line, what) => {
    expect(effectsOn('bookworm', hosts(line))).toEqual(what === undefined ? [] : [`${place}: ${what}`])
  })

  it('are asked for in DNS first where nsswitch.conf has no line, before Bookworm', () => {
    expect(effectsOn('bookworm', hosts(''))).toEqual([])
    expect(effectsOn('bullseye', hosts(''))).toEqual([
      'bullseye.img: root/etc/nsswitch.conf: dns is asked before /etc/hosts',
    ])
  })
})
