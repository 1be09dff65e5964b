import { describe, expect, it } from 'vitest'
import { file, lines, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

const etc = '/etc/systemd/network'
const usb = '73-usb-net-by-mac.link'
const link = (path: string, ...own: string[]) => file(path, lines('[Match]', 'Path=x', '[Link]', ...own))

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

  it.each([
    ['the base image', 'debian', { interface: 'end0' }, []],
    ['the kernel, by net.ifnames=0 of the plan', 'debian', { uplink: 'eth1' }, []],
    [
      'the kernel, as udev’s rule is masked',
      'debian',
      { interface: 'end0', uplink: 'eth1' },
      [symlink('/etc/udev/rules.d/80-net-setup-link.rules', '/dev/null')],
    ],
    [
      'the kernel, as the default link file is masked',
      'debian',
      { interface: 'end0', uplink: 'eth1' },
      [symlink(`${etc}/99-default.link`, '/dev/null')],
    ],
    [
      'a rule of udev',
      'trixie',
      { interface: 'enlan0' },
      [file('/etc/udev/rules.d/10-lan.rules', 'SUBSYSTEM=="net", KERNELS=="1-1", NAME="enlan0"\n')],
    ],
    ['a link file', 'trixie', { interface: 'enp1s0' }, [link(`${etc}/10-lan.link`, 'Name=enp1s0')]],
    [
      'a link file of a package',
      'trixie',
      { interface: 'enp1s0' },
      [link('/usr/lib/systemd/network/10-lan.link', 'Name=enp1s0')],
    ],
  ] as const)('is given by %s', (_, release, set, root) => {
    const found = effectsOn(release, { set, root })
    // What gives eth1 its name gives end0 another one.
    expect(found.filter((text) => !text.includes('not end0'))).toEqual([])
    if ('uplink' in set && 'interface' in set) expect(found).toHaveLength(1)
  })

  it('is not that of a link file which another of the same name replaces, or of a comment', () => {
    const root = [
      link('/usr/lib/systemd/network/10-lan.link', 'Name=enp1s0'),
      link(`${etc}/10-lan.link`, '#Name=enp1s0'),
      file('/etc/udev/rules.d/10-lan.rules', '# NAME="enp1s0"\n'),
    ]
    expect(effectsOn('trixie', { set: { interface: 'enp1s0' }, root })).toEqual([
      'command line: --set interface: trixie.img gives network cards names such as eth0, wlan0, not enp1s0',
    ])
  })

  it('is by the MAC address for USB, where the base image has switched that on again', () => {
    const root = [link(`/usr/lib/systemd/network/${usb}`, 'NamePolicy=mac')]
    const uplink = { uplink: 'eth1' }
    expect(
      effectsOn('trixie', { set: uplink, root: [...root, link(`${etc}/${usb}`, 'NamePolicy=mac')] }),
    ).toEqual([
      'command line: --set uplink: trixie.img gives network cards names such as enx…, for USB, not eth1',
    ])
    expect(effectsOn('trixie', { set: uplink, root })).toEqual([]) // as Raspberry Pi OS masks it
    const set = { ...uplink, kernel_args: 'net.ifnames=0' }
    expect(effectsOn('trixie', { set, root: [...root, link(`${etc}/${usb}`, 'NamePolicy=mac')] })).toEqual([])
  })
})
