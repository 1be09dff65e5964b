import { describe, expect, it } from 'vitest'
import { prepareNode } from '../../../builder/plan/prepare.js'
import { nodeInput } from '../../support/node.js'
import { practiceBase } from '../../support/practice-base.js'
import { problemText } from '../../support/problem-text.js'

const base = practiceBase('bookworm')

function problemsWith(set: Readonly<Record<string, string>>, profile = 'worker'): string[] {
  const { input, problems } = nodeInput({ base, set, profile })
  return problemText([...problems, ...prepareNode(input).problems])
}

const wifi = { wifi_ssid: 'Home', wifi_country: 'GB' }

describe('the network cards of a node', () => {
  it.each([
    { interface: 'wlan0', ...wifi },
    { interface: 'wlan1', ...wifi },
    { interface: 'enp1s0' },
    { interface: 'usb0' },
    { uplink: 'wlan0', ...wifi },
    { uplink: 'eth1' },
    { interface: 'wlan0', uplink: 'eth0', ...wifi },
  ])('can be %j', (set) => {
    expect(problemsWith(set)).toEqual([])
  })

  it.each([
    ['br0', 'a bridge'],
    ['bond0', 'a bond of several cards'],
    ['vlan10', 'a VLAN'],
    ['wg0', 'a virtual card'],
    ['ppp0', 'a modem'],
    ['lo', 'the loopback interface'],
  ])('cannot be made: %s', (card, kind) => {
    expect(problemsWith({ interface: card })).toEqual([
      `error: command line --set interface: ${card} is ${kind}, which piimg does not configure`,
      '  hint: give the network card itself, such as eth0 or wlan0',
    ])
    expect(problemsWith({ uplink: card })).toEqual([
      `warning: command line --set uplink: ${card} is ${kind}, which piimg does not configure`,
      '  hint: the base image or an overlay must configure it; or use a network card, such as eth1',
    ])
  })

  it.each([
    [{ interface: 'wlan0' }, 'interface', 'use a wired card such as eth0'],
    [{ uplink: 'wlan0' }, 'uplink', 'use a second wired card such as eth1'],
    [{ uplink: 'wlp1s0' }, 'uplink', 'use a second wired card such as eth1'],
  ])('need a Wi-Fi: %j', (set, key, hint) => {
    expect(problemsWith(set, 'master')).toEqual([
      `error: command line --set ${key}: ${Object.values(set).join('')} is a Wi-Fi card, but wifi_ssid is not set`,
      `  hint: set wifi_ssid and wifi_country, or ${hint}`,
    ])
  })

  it('have one Wi-Fi', () => {
    expect(problemsWith({ interface: 'wlan1', uplink: 'wlan0', ...wifi })).toEqual([
      'error: command line --set uplink: the Wi-Fi is on wlan1, and piimg connects no second one on wlan0',
      '  hint: use a wired card, such as eth0',
    ])
    expect(problemsWith({ wifi_hidden: 'yes' })).toEqual([
      'error: command line --set wifi_hidden: wifi_hidden is set, but wifi_ssid is not',
      '  hint: set wifi_ssid too',
    ])
    expect(problemsWith({ wifi_hidden: 'no' })).toEqual([])
  })
})
