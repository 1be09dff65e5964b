import { describe, expect, it } from 'vitest'
import { prepareNode } from '../../../builder/plan/prepare.js'
import { nodeInput } from '../../support/node.js'
import { practiceBase } from '../../support/practice-base.js'
import { changeableProblems } from '../../support/problem-text.js'
import type { Release } from '../../../scripts/practice/tree.js'

const bases = new Map((['buster', 'bullseye', 'bookworm'] as const).map((name) => [name, practiceBase(name)]))
const hash = `$6$salt$${'a'.repeat(86)}`
type Set_ = Readonly<Record<string, string>>

function problemsWith(set: Set_, release: Release = 'bookworm'): string[] {
  const base = bases.get(release as 'buster') ?? practiceBase(release)
  const { input, problems } = nodeInput({ base, set })
  const found = [...problems, ...prepareNode(input).problems]
  return changeableProblems(found).map(({ what }) => what)
}

describe('nothing is wrong with', () => {
  it.each<[string, Set_]>([
    ['a node with nothing but a name', {}],
    ['a node with DHCP', { address: 'dhcp' }],
    ['an address of another network, which it brings with it', { address: '192.168.5.3/24' }],
    ['no gateway', { gateway: 'none' }],
    ['a node that is the first, without a gateway', { hostname: 'node1', gateway: 'none' }],
    ['another gateway in the network', { gateway: '10.0.0.254' }],
    ['any gateway with DHCP', { address: 'dhcp', gateway: '9.9.9.9' }],
    ['a password, beside the own key', { password_hash: hash }],
    ['a user to keep', { keep_users: 'www-data' }],
    ['a password for ssh', { password_hash: hash, ssh_password_login: 'yes' }],
    ['an open Wi-Fi', { wifi_ssid: 'home', wifi_country: 'GB' }],
    ['a country without a Wi-Fi', { wifi_country: 'GB' }],
    ['the same user', { user: 'pi' }],
    ['another user', { user: 'ada' }],
    ['the board that the image is for', { board: 'pi5' }],
    ['the one board of a family that runs it', { board: 'pi2-1.2' }],
  ])('%s', (_, set) => {
    expect(problemsWith(set)).toEqual([])
  })

  it('an armhf image for any board that is old enough', () => {
    for (const board of ['zero', 'pi2', 'pi3', 'pi4']) expect(problemsWith({ board }, 'buster')).toEqual([])
  })
})

describe('a problem is', () => {
  it.each<[string, Set_, string]>([
    [
      'an address outside of the network',
      { address: '10.0.1.3/24', network: '10.0.0.0/24' },
      '10.0.1.3/24 is not an address of 10.0.0.0/24',
    ],
    [
      'an address with another prefix',
      { address: '10.0.0.3/16', network: '10.0.0.0/24' },
      '10.0.0.3/16 is not an address of 10.0.0.0/24',
    ],
    [
      'a gateway that cannot be reached',
      { gateway: '10.0.1.1' },
      '10.0.1.1 cannot be reached from 10.0.0.3/24',
    ],
    [
      'a gateway of one with the same address',
      { hostname: 'node1' },
      "10.0.0.1 is the gateway's address, the master's",
    ],
    ['a user to keep who is not there', { keep_users: 'bob' }, 'the base image has no user "bob"'],
    ['a Wi-Fi without a country', { wifi_ssid: 'home' }, 'Wi-Fi stays off until wifi_country is set'],
    ['a Wi-Fi password without a name', { wifi_psk: 'long enough' }, 'wifi_psk is set, but wifi_ssid is not'],
    ['a user of the system', { user: 'sshd' }, '"sshd" is a user of the system already'],
    ['a group of the system', { user: 'plugdev' }, '"plugdev" is a group of the system already'],
    ['a board without 64 bits', { board: 'pi2' }, 'pi2 does not run arm64'],
    ['an older board of one name', { board: 'pi2-1.1' }, 'pi2-1.1 does not run arm64'],
  ])('%s', (_, set, what) => {
    expect(problemsWith(set)).toEqual([what])
  })

  it('a board that is younger than the release', () => {
    expect(problemsWith({ board: 'zero2w' }, 'buster')).toEqual(['zero2w does not run buster'])
    expect(problemsWith({ board: 'pi5' }, 'bullseye')).toEqual(['pi5 does not run bullseye'])
  })

  it('reported together with the others', () => {
    const set = { wifi_ssid: 'home', user: 'sshd', gateway: '10.0.1.1', board: 'zero' }
    expect(problemsWith(set)).toHaveLength(4)
  })

  it("a key of a security key that Buster's sshd does not know", () => {
    const type = 'sk-ssh-ed25519@openssh.com'
    const fields = [type, 'x'.repeat(32), 'ssh:'].map((text) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(text.length)
      return Buffer.concat([length, Buffer.from(text)])
    })
    const set = { authorized_keys: `no-touch-required ${type} ${Buffer.concat(fields).toString('base64')}` }
    expect(problemsWith(set, 'buster')).toEqual(['Buster does not support keys of a security key (sk-…)'])
    expect(problemsWith(set, 'bullseye')).toEqual([])
  })

  // Known mistakes.
  it('a list of keys without any key', () => {
    expect(problemsWith({ authorized_keys: '# none yet' })).not.toEqual([])
  })
  it.each(['$y$j9T$salt$', '$2b$12$'])("a hash %s… that Buster's libcrypt does not know", (start) => {
    const password_hash = start + 'a'.repeat(start.startsWith('$y') ? 43 : 53)
    expect(problemsWith({ password_hash, ssh_password_login: 'yes' }, 'buster')).not.toEqual([])
  })
})
