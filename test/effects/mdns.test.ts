import { describe, expect, it } from 'vitest'
import { file, lines, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const path = '/etc/avahi/avahi-daemon.conf'
const on = (...text: string[]) => effectsOn('trixie', { root: [file(path, lines(...text))] })

describe('NAME.local', () => {
  it('is the node’s, not the name of the base image', () => {
    const conf = lines('[server]', '#host-name=foo', 'host-name=old', 'use-ipv4=yes')
    const extra = [file(path, conf)]
    expect(textIn(finalRoot({ release: 'trixie', extra }), path)).toBe(conf.replace('host-name=old\n', ''))
    expect(effectsOn('trixie', { root: extra })).toEqual([])
  })

  it.each([
    ['[server]', 'domain-name=lan'],
    ['[server]', 'use-ipv4=no'],
    ['[server]', 'allow-interfaces=wlan0, eth1'],
    ['[server]', 'deny-interfaces=wlan0,eth0'],
    ['[publish]', 'disable-publishing=yes'],
    ['[publish]', 'publish-addresses=no'],
  ])('is not answered with %s %s', (section, setting) => {
    expect(on(section, setting)).toEqual([
      `trixie.img: root${path}, line 2: the node does not answer for node3.local: ${setting}`,
    ])
  })

  it('is not answered without the program', () => {
    const masked = symlink('/etc/systemd/system/avahi-daemon.service', '/dev/null')
    expect(effectsOn('trixie', { root: [masked] })).toEqual([
      'trixie.img: root/etc/systemd/system: the node does not answer for node3.local: avahi-daemon.service is masked',
    ])
    // Debian's images do not have it.
    expect(effectsOn('debian', { root: [masked] })).toEqual([])
  })

  it('is answered with other settings', () => {
    expect(on('[server]', 'allow-interfaces=eth0', 'deny-interfaces=wlan0', 'domain-name=local')).toEqual([])
    expect(on('[publish]', 'publish-workstation=no', 'disable-publishing=no')).toEqual([])
  })
})
