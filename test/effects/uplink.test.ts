import { describe, expect, it } from 'vitest'
import { file, lines } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

const set = { uplink: 'eth1' }
const conf = '/etc/NetworkManager/conf.d/10.conf'

describe('the uplink', () => {
  it('is configured automatically, by a profile or by ifupdown', () => {
    expect(effectsOn('trixie', { set })).toEqual([])
    expect(effectsOn('bullseye', { set })).toEqual([])
    const stanza = file('/etc/network/interfaces.d/eth1', 'iface eth1 inet dhcp\n')
    expect(effectsOn('trixie', { set, root: [stanza] })).toEqual([])
    const unmanaged = file(conf, lines('[keyfile]', 'unmanaged-devices=eth1'))
    expect(effectsOn('trixie', { set, root: [unmanaged] })).toEqual([])
    const none = file(conf, lines('[main]', 'no-auto-default=*'))
    const profile = lines('[connection]', 'id=lan', 'type=ethernet', 'interface-name=eth1')
    const own = file('/etc/NetworkManager/system-connections/lan.nmconnection', profile)
    expect(effectsOn('trixie', { set, root: [none, own] })).toEqual([])
  })

  it('is reported if nothing configures it', () => {
    expect(effectsOn('trixie', { set, root: [file(conf, lines('[main]', 'no-auto-default=*'))] })).toEqual([
      `trixie.img: root${conf}, line 2: nothing configures the uplink eth1, because of no-auto-default=*`,
    ])
    const stanza = file('/etc/network/interfaces.d/eth1', 'iface eth1 inet manual\n')
    expect(effectsOn('bookworm', { set, root: [stanza] })).toEqual([
      'bookworm.img: root/etc/network/interfaces.d/eth1, line 1: "iface eth1 inet manual" gives the uplink eth1 to ifupdown, and no address',
    ])
  })
})
