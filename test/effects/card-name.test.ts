import { describe, expect, it } from 'vitest'
import { file, lines } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

describe('the name of a network card', () => {
  it.each([
    ['trixie', { interface: 'enp1s0' }, 'eth0, wlan0, not enp1s0'],
    ['bullseye', { uplink: 'enx001122334455' }, 'eth0, wlan0, not enx001122334455'],
    ['debian', { interface: 'end0', uplink: 'eth1' }, 'end0, enp1s0, wlx…, not eth1'],
  ] as const)('on %s is reported if no card has it: %j', (release, set, end) => {
    const key = 'uplink' in set ? 'uplink' : 'interface'
    expect(effectsOn(release, { set })).toEqual([
      `command line: --set ${key}: ${release}.img gives network cards names such as ${end}`,
    ])
  })

  it('is one of the base image, of the kernel, or of a link file', () => {
    expect(effectsOn('debian', { set: { interface: 'end0' } })).toEqual([])
    expect(effectsOn('debian', { set: { uplink: 'eth1' } })).toEqual([])
    expect(
      effectsOn('debian', { set: { interface: 'end0', uplink: 'eth1', kernel_args: 'net.ifnames=0' } }),
    ).toEqual([
      'command line: --set interface: debian.img gives network cards names such as eth0, wlan0, not end0',
    ])
    const link = file('/etc/systemd/network/10-lan.link', lines('[Match]', 'Path=x', '[Link]', 'Name=enlan0'))
    expect(effectsOn('trixie', { set: { interface: 'enlan0' }, root: [link] })).toEqual([])
    const own = file('/etc/systemd/network/10-lan.link', lines('[Match]', 'Path=x', '[Link]', 'Name=enp1s0'))
    expect(effectsOn('trixie', { set: { interface: 'enp1s0' }, root: [own] })).toEqual([])
  })
})
