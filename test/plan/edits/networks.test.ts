import { describe, expect, it } from 'vitest'
import { edits } from '../../../builder/plan/edits/registry.js'

const lines = (...all: string[]): string => `${all.join('\n')}\n`

/** What an edit makes of a text; a second time it changes nothing. */
function edited(name: string, text: string, parameters: Record<string, string>): string {
  const once = edits[name]?.apply(text, parameters) ?? ''
  expect(edits[name]?.apply(once, parameters)).toBe(once)
  return once
}

describe('NetworkManager manages the cards', () => {
  const managed = (text: string, cards = 'eth0  wlan0 wlan0') => edited('nm_manage', text, { cards })

  it.each([
    ['interface-name:eth0', ';except:interface-name:eth0'],
    ['interface-name:eth*;interface-name:usb0;', ';except:interface-name:eth0'],
    ['eth0,wlan0', ';except:interface-name:eth0;except:interface-name:wlan0'],
    ['*', ';except:interface-name:eth0;except:interface-name:wlan0'],
    ['type:ethernet', ';except:interface-name:eth0'],
    ['mac:dc:a6:32:01:02:03', ';except:interface-name:eth0;except:interface-name:wlan0'],
    ['except:interface-name:wlan0', ';except:interface-name:eth0'],
    ['interface-name:=usb0', ''],
    ['*,except:type:ethernet,except:type:wifi', ''],
    ['', ''],
  ])('a list of unmanaged devices: %s', (list, exceptions) => {
    for (const key of ['unmanaged-devices=', 'unmanaged-devices+=']) {
      const text = lines('[main]', 'plugins=keyfile', '[keyfile]', `${key}${list}`, 'hostname=x')
      const kept = list.replace(/;$/, exceptions === '' ? ';' : '')
      expect(managed(text)).toBe(text.replace(`${key}${list}\n`, `${key}${kept}${exceptions}\n`))
    }
  })

  it('a section of devices', () => {
    expect(managed(lines('[device]', 'managed=0', '[main]', 'dns=none'), 'eth0')).toBe(
      lines('[device]', 'match-device=except:interface-name:eth0', 'managed=0', '[main]', 'dns=none'),
    )
    expect(managed(lines('[device-usb]', 'match-device=interface-name:eth*', 'managed=false'), 'eth0')).toBe(
      lines('[device-usb]', 'match-device=interface-name:eth*;except:interface-name:eth0', 'managed=false'),
    )
    const others = lines('[device]', 'managed=1', '[device-wifi]', 'match-device=type:wifi', 'managed=0')
    expect(managed(others, 'eth0')).toBe(others)
    const other = lines('[main]', '#unmanaged-devices=eth0', '[ifupdown]', 'managed=false')
    expect(managed(other)).toBe(other)
  })
})

describe('a profile of NetworkManager', () => {
  const behind = (text: string) => edited('nm_yield', text, { card: 'eth0', own: 'aaaa bbbb' })
  const profile = (...more: string[]) => lines('[connection]', 'id=x', ...more, '', '[ipv4]', 'method=auto')

  it('of the same card no longer connects by itself', () => {
    const own = ['type=ethernet', 'interface-name=eth0', 'autoconnect-priority=999']
    expect(behind(profile(...own))).toBe(
      lines('[connection]', 'autoconnect=false', 'id=x', ...own, '', '[ipv4]', 'method=auto'),
    )
    const on = profile('autoconnect=true', ...own)
    expect(behind(on)).toBe(behind(profile(...own)))
  })

  it('of any card has a lower priority', () => {
    expect(behind(profile('type=ethernet', 'autoconnect-priority=999'))).toContain(
      'autoconnect-priority=998\n',
    )
    const lower = profile('type=ethernet', 'autoconnect-priority=998')
    expect(behind(lower)).toBe(lower)
  })

  it('is not changed where it does not matter', () => {
    for (const more of [
      ['uuid=aaaa', 'type=ethernet', 'interface-name=eth0'],
      ['type=ethernet', 'interface-name=eth1', 'autoconnect-priority=999'],
      ['type=ethernet', 'interface-name=eth0', 'autoconnect=false'],
    ])
      expect(behind(profile(...more))).toBe(profile(...more))
    expect(behind('')).toBe('')
  })
})

describe('/etc/network/interfaces', () => {
  const free = (text: string) => edited('ifupdown_free', text, { card: 'eth0' })

  it('has no stanza of the card', () => {
    const text = lines(
      'source /etc/network/interfaces.d/*',
      'auto lo eth0 eth1',
      'iface lo inet loopback',
      'allow-hotplug eth0',
      'iface eth0 inet static',
      '    # a comment',
      '    address 192.168.1.77/24',
      '    up echo a \\',
      '      iface',
      '',
      'iface eth1 inet dhcp',
      '  metric 5',
      'mapping eth0',
      '  script /x',
    )
    expect(free(text)).toBe(
      lines(
        'source /etc/network/interfaces.d/*',
        'auto lo eth1',
        'iface lo inet loopback',
        '#allow-hotplug eth0',
        '#iface eth0 inet static',
        '    # a comment',
        '#    address 192.168.1.77/24',
        '#    up echo a \\',
        '#      iface',
        '',
        'iface eth1 inet dhcp',
        '  metric 5',
        '#mapping eth0',
        '#  script /x',
      ),
    )
  })

  it('has no alias of the card', () => {
    expect(free('auto eth0:1\niface eth0:1 inet static\n  address 192.168.1.77/24\n')).toBe(
      '#auto eth0:1\n#iface eth0:1 inet static\n#  address 192.168.1.77/24\n',
    )
  })

  it('has no saved Wi-Fi, and no password of one', () => {
    const text = lines(
      'allow-hotplug wlan0 eth1',
      'iface wlan0 inet dhcp',
      '  wpa-ssid Old',
      '  wpa-psk hunter22',
      'iface wlan0 inet6 auto',
      'iface eth1 inet dhcp',
    )
    expect(free(text)).toBe(
      lines(
        'allow-hotplug eth1',
        '#iface wlan0 inet dhcp',
        '#  wpa-ssid Old',
        '#  wpa-psk ********',
        '#iface wlan0 inet6 auto',
        'iface eth1 inet dhcp',
      ),
    )
    const own = lines('iface wlan0 inet static', '  address 192.168.4.1/24')
    expect(free(own)).toBe(own)
    const both = { card: 'eth0 wlan0' }
    expect(edited('ifupdown_free', own, both)).toBe('#iface wlan0 inet static\n#  address 192.168.4.1/24\n')
  })

  it('keeps all other cards', () => {
    for (const text of [
      'iface eth01 inet dhcp\n',
      'iface eth0.1 inet dhcp\n',
      'auto eth1\niface eth1 inet dhcp\n',
    ])
      expect(free(text)).toBe(text)
  })
})

describe('a file of netplan', () => {
  const free = (text: string) => edited('netplan_free', text, { card: 'eth0' })
  const top = ['network:', '  version: 2', '  renderer: networkd']

  it('has no definition of the card', () => {
    const text = lines(
      ...top,
      '  ethernets:',
      '    eth0:',
      '      # fixed',
      '      addresses:',
      '        - 192.168.1.77/24',
      '    eth1: {dhcp4: true}',
    )
    expect(free(text)).toBe(
      text
        .replace('    eth0:', '#    eth0:')
        .replace('      add', '#      add')
        .replace('        -', '#        -'),
    )
  })

  it('has no saved Wi-Fi and no tunnel, whose keys are not left in a comment', () => {
    const wifis = ['  wifis:', '    wlan0:', '      access-points:', '        "Old": {password: "hunter22"}']
    const tunnels = ['  tunnels: {wg0: {mode: wireguard,', '    key: aaaa}}']
    const rest = ['  ethernets:', '    eth1: {dhcp4: true}']
    expect(free(lines(...top, ...wifis, ...tunnels, ...rest))).toBe(lines(...top, ...rest))
  })

  it('is no mapping with nothing in it, which netplan refuses', () => {
    const text = lines('# mine', 'network:', '  ethernets:', '    eth0:', '      dhcp4: true')
    expect(free(text)).toBe(lines('# mine', '#network:', '#  ethernets:', '#    eth0:', '#      dhcp4: true'))
    expect(free(lines('network:', '  wifis:', '    wlan0: {}'))).toBe('#network:\n')
  })

  it.each([
    ['"eth0": {dhcp4: true}'],
    ['lan: {match: {name: "eth*"}, dhcp4: true}'],
    ['lan:\n      match:\n        name: eth0\n      dhcp4: true'],
    ['lan:\n      match: {macaddress: "dc:a6:32:01:02:03"}\n      set-name: eth0'],
  ])('knows %j', (definition) => {
    const text = lines(...top, '  ethernets:', `    ${definition}`)
    const [, ...rest] = free(text).split('  renderer: networkd\n')
    expect(
      rest
        .join('')
        .trimEnd()
        .split('\n')
        .every((line) => line.startsWith('#')),
    ).toBe(true)
  })

  it('keeps all other cards', () => {
    for (const definition of ['eth1: {dhcp4: true}', 'eth0: {match: {name: "enx*"}}', 'eth00: {}']) {
      const text = lines(...top, '  ethernets:', `    ${definition}`)
      expect(free(text)).toBe(text)
    }
  })
})

describe('dhcpcd.conf', () => {
  const free = (text: string) => edited('dhcpcd_free', text, { card: 'eth0', cards: 'eth0 eth1 ' })

  it('leaves no card out', () => {
    expect(free('denyinterfaces eth0\n')).toBe('#denyinterfaces eth0\n')
    expect(free('denyinterfaces wlan0, eth* usb0\n')).toBe('denyinterfaces wlan0 usb0\n')
    expect(free('allowinterfaces wlan0 eth1\n')).toBe('allowinterfaces wlan0 eth1 eth0\n')
    for (const text of ['denyinterfaces veth*\n', 'allowinterfaces eth*\n', '#denyinterfaces eth0\n'])
      expect(free(text)).toBe(text)
  })

  it('has no section of any of the cards', () => {
    const text = lines('interface wlan0', 'nohook wpa_supplicant', 'interface eth1', 'metric 1')
    expect(edited('dhcpcd_free', text, { card: 'eth0 wlan0', cards: 'eth0' })).toBe(
      lines('#interface wlan0', '#nohook wpa_supplicant', 'interface eth1', 'metric 1'),
    )
  })

  it('has one section of the card, which is piimg’s', () => {
    const own = [
      '# begin piimg network',
      'interface eth0',
      'static ip_address=10.0.0.3/24',
      '# end piimg network',
    ]
    const text = lines(
      'hostname',
      'interface eth0',
      'static routers=1.1.1.1',
      '',
      'interface eth1',
      'metric 1',
      ...own,
    )
    expect(free(text)).toBe(
      lines(
        'hostname',
        '#interface eth0',
        '#static routers=1.1.1.1',
        '',
        'interface eth1',
        'metric 1',
        ...own,
      ),
    )
  })
})
