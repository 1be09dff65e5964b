import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { filterRules } from '../support/filter-rules.js'

const what = (by: string) => `${by} lets nobody in the cluster connect to port 22`
const enabled = (name: string) =>
  symlink(
    `/etc/systemd/system/multi-user.target.wants/${name}.service`,
    `/usr/lib/systemd/system/${name}.service`,
  )
const on = (...root: readonly PracticeEntry[]) => effectsOn('trixie', { root })

describe('ufw', () => {
  const rules = (...lines: readonly string[]) =>
    file('/etc/ufw/user.rules', `*filter\n${lines.join('\n')}\nCOMMIT\n`)
  const conf = file('/etc/ufw/ufw.conf', 'ENABLED=yes\n')

  it.each(filterRules)('%j', ({ lines, isOpen, line }) => {
    const own = lines.map((text) => text.replace('CHAIN', 'ufw-user-input'))
    const place = line === undefined ? '' : `, line ${line + 1}`
    expect(on(enabled('ufw'), conf, rules(...own))).toEqual(
      isOpen ? [] : [`trixie.img: root/etc/ufw/user.rules${place}: ${what('ufw')}`],
    )
  })

  it('counts where it is switched on', () => {
    expect(on(conf, rules())).toEqual([])
    expect(on(enabled('ufw'), file('/etc/ufw/ufw.conf', 'ENABLED=no\n'), rules())).toEqual([])
  })

  it('has another policy for what no rule fits', () => {
    const policy = file('/etc/default/ufw', 'DEFAULT_INPUT_POLICY="ACCEPT"\n')
    expect(on(enabled('ufw'), conf, policy, rules())).toEqual([])
    const drop = '-A ufw-user-input -p tcp --dport 22 -j DROP'
    expect(on(enabled('ufw'), conf, policy, rules(drop))).toEqual([
      `trixie.img: root/etc/ufw/user.rules, line 2: ${what('ufw')}`,
    ])
  })

  it('limits, and accepts after that', () => {
    const limit = [
      '-A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set',
      '-A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j ufw-user-limit',
      '-A ufw-user-input -p tcp --dport 22 -j ufw-user-limit-accept',
    ]
    expect(on(enabled('ufw'), conf, rules(...limit))).toEqual([])
  })
})

describe('netfilter-persistent', () => {
  const rules = (policy: string, ...lines: readonly string[]) =>
    file('/etc/iptables/rules.v4', `*filter\n:INPUT ${policy} [0:0]\n${lines.join('\n')}\nCOMMIT\n`)
  const unit = enabled('netfilter-persistent')

  it.each(filterRules)('%j', ({ lines, isOpen, line }) => {
    const own = lines.map((text) => text.replace('CHAIN', 'INPUT'))
    const place = line === undefined ? '' : `, line ${line + 2}`
    expect(on(unit, rules('DROP', ...own))).toEqual(
      isOpen ? [] : [`trixie.img: root/etc/iptables/rules.v4${place}: ${what('netfilter-persistent')}`],
    )
  })

  it('is open where the policy is', () => {
    expect(on(unit, rules('ACCEPT'))).toEqual([])
    expect(on(rules('DROP'))).toEqual([])
  })
})

describe('firewalld', () => {
  const unit = enabled('firewalld')
  const zone = (path: string, text: string) =>
    file(`${path}/firewalld/zones/public.xml`, `<zone>${text}</zone>`)

  it.each(['<service name="ssh"/>', '<port protocol="tcp" port="22"/>'])('is open by %s', (text) => {
    expect(on(unit, zone('/etc', text))).toEqual([])
  })

  it('reads the zone of /etc before that of /usr', () => {
    const stock = zone('/usr/lib', '<service name="ssh"/>')
    expect(on(unit, stock)).toEqual([])
    expect(on(zone('/etc', ''))).toEqual([])
    expect(on(unit, stock, zone('/etc', ''))).toEqual([
      `trixie.img: root/etc/firewalld/zones/public.xml: ${what('firewalld')}`,
    ])
  })

  it('has another zone by default', () => {
    const conf = file('/etc/firewalld/firewalld.conf', 'DefaultZone=drop\n')
    const drop = file('/usr/lib/firewalld/zones/drop.xml', '<zone target="DROP"></zone>')
    const trusted = file('/usr/lib/firewalld/zones/drop.xml', '<zone target="ACCEPT"></zone>')
    expect(on(unit, conf, drop)).toHaveLength(1)
    expect(on(unit, conf, trusted)).toEqual([])
  })
})

describe('nftables', () => {
  const unit = enabled('nftables')
  const conf = (rule: string) =>
    file(
      '/etc/nftables.conf',
      `table inet f {\n  chain input {\n    type filter hook input priority 0; policy drop;\n    ${rule}\n  }\n}\n`,
    )

  it.each(['tcp dport 22 accept', 'tcp dport { 80, 22 } accept', 'tcp dport ssh accept'])(
    'is open by %s',
    (rule) => {
      expect(on(unit, conf(rule))).toEqual([])
    },
  )

  it.each(['tcp dport 2222 accept', '# tcp dport 22 accept', 'tcp dport { 80, 443 } accept'])(
    'may be closed with %s',
    (rule) => {
      expect(on(unit, conf(rule))).toEqual([`trixie.img: root/etc/nftables.conf: ${what('nftables')}`])
      expect(on(conf(rule))).toEqual([])
    },
  )
})
