import { describe, expect, it } from 'vitest'
import { inspectBase } from '../../builder/resolve/inspected-base.js'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'
import { livedIn } from '../../scripts/practice/lived-in.js'
import { releases } from '../../scripts/practice/releases.js'
import { practiceBase, stockText } from '../support/practice-base.js'

interface Changed {
  readonly root?: readonly PracticeEntry[]
  readonly boot?: readonly PracticeEntry[]
}

/** One line for each difference: `path change: promises: meaning`. */
async function inspected(release: Release, { root, boot }: Changed = {}): Promise<string[]> {
  const { image, facts } = practiceBase(release, root, boot)
  const { hasList, differences } = await inspectBase(image, facts)
  expect(hasList).toBe(true)
  return differences.map(({ path, change, promises, meaning }) => {
    return `${path} ${change}: ${promises.join(', ') || 'facts'}: ${meaning}`
  })
}

describe('a stock image', () => {
  it.each(Object.keys(releases) as Release[])('is as shipped: %s', async (release) => {
    expect(await inspected(release)).toEqual([])
  })

  it('is as shipped with changes that no promise depends on', async () => {
    const root = [
      file('/etc/motd', 'hello\n'),
      file('/opt/own/program', 'x'),
      file('/home/pi/notes', 'x', { uid: 1000, gid: 1000 }),
      file('/etc/systemd/system/own.service', '[Service]\nExecStart=/bin/true\n'),
      file('/etc/dhcpcd.conf', 'static ip_address=192.168.1.77/24\n'),
    ]
    expect(await inspected('trixie', { root })).toEqual([])
  })
})

const ran = [
  'root/etc/machine-id changed: identity: overruled by what piimg writes',
  'root/etc/ssh/ssh_host_ecdsa_key added: identity: removed',
  'root/etc/ssh/ssh_host_ecdsa_key.pub added: identity: removed',
  'root/var/lib/systemd/random-seed added: identity: removed',
]

/** Beside those that every Pi has that ran. */
const own: Readonly<Record<string, readonly string[]>> = {
  'a year in a home network': [
    'root/etc/NetworkManager/system-connections/home.nmconnection added: identity: removed',
    'root/var/lib/NetworkManager/secret_key added: identity: removed',
    'root/var/lib/NetworkManager/timestamps added: identity: removed',
  ],
  'a second user with a password, a key and sudo, and a key for root': [
    'root/etc/group changed: facts: kept',
    'root/etc/passwd changed: accounts: kept',
    'root/etc/shadow changed: accounts: a warning at build: ann of the base image has a password; the account is locked',
    'root/etc/sudoers.d/020_ann added: accounts: a warning at build: ann of the base image may use sudo; the account is locked',
    'root/home/ann/.ssh/authorized_keys added: accounts: a warning at build: a key lets ann of the base image log in; the account is locked',
    'root/root/.ssh/authorized_keys added: accounts: a warning at build: a key lets root of the base image log in; the file is removed',
  ],
  'Pi-hole': [
    'root/etc/NetworkManager/system-connections/eth0.nmconnection added: address, uplink: overruled by a file of piimg',
    'root/etc/resolv.conf changed: name servers: kept',
  ],
  'ufw with its rules': [
    'root/etc/ufw/ufw.conf added: ssh: kept',
    'root/etc/ufw/user.rules added: ssh: kept',
  ],
  'static lines for dhcpcd, which Bookworm no longer runs': [
    'root/etc/network/interfaces.d/eth0 added: address, uplink: overruled by what piimg writes',
  ],
  'Docker, once a node of a swarm': [
    'root/var/lib/docker/engine-id added: identity: removed',
    'root/var/lib/docker/swarm added: identity: removed',
  ],
  'a card by Imager, its settings not yet taken': [
    'boot/custom.toml added: first boot: removed',
    'boot/firstrun.sh added: no-wizard: removed',
    'boot/ssh added: no-wizard: removed',
    'boot/userconf.txt added: first boot: removed',
  ],
  'an update of the EEPROM that lies ready': [
    'boot/pieeprom.upd added: bootloader: a warning at build: each board that boots this card writes pieeprom.upd into its EEPROM',
  ],
  'a partition for data behind the root': [],
  'a card that NetworkManager leaves alone': [
    'root/etc/NetworkManager/conf.d/99-unmanaged.conf added: name servers, address, uplink, Wi-Fi: kept, except for the lines that piimg changes',
    'root/etc/NetworkManager/system-connections/old.nmconnection added: address, uplink: a warning at build: the profile old.nmconnection of the uplink eth1 has no default route',
  ],
}

describe('an image that somebody used', () => {
  it.each(livedIn)('has its differences: $name', async ({ name, release, root, boot = [] }) => {
    const text = (path: string) => stockText(release, `root${path}` as `root/${string}`) ?? ''
    const wanted = own[name] === undefined ? [] : [...own[name], ...(name.includes('Imager') ? [] : ran)]
    const found = await inspected(release, { root: root(text), boot })
    // Trixie grows its root at the first boot, as its machine-id says.
    expect(found.map((line) => line.replace('growth of the root, identity', 'identity'))).toEqual(
      wanted.sort(),
    )
  })

  it('has an error at build where piimg cannot decide', async () => {
    const boot = [file('/autoboot.txt', 'boot_partition=3\n')]
    const root = [file('/etc/hosts.deny', 'sshd: ALL\n')]
    expect(await inspected('trixie', { root, boot })).toEqual([
      'boot/autoboot.txt added: boot files: an error at build: the firmware boots from partition 3, and piimg writes to partition 1',
      'root/etc/hosts.deny changed: ssh: an error at build: libwrap refuses connections to sshd from 10.0.0.0/24',
    ])
  })

  it('keeps what piimg adds its own settings to', async () => {
    const hosts = `${stockText('trixie', 'root/etc/hosts') ?? ''}192.168.1.9\tprinter\n`
    expect(await inspected('trixie', { root: [file('/etc/hosts', hosts)] })).toEqual([
      'root/etc/hosts changed: names: kept, except for the lines that piimg changes',
    ])
    const keyboard = (stockText('trixie', 'root/etc/default/keyboard') ?? '').replace('"gb"', '"us"')
    expect(await inspected('trixie', { root: [file('/etc/default/keyboard', keyboard)] })).toEqual([
      'root/etc/default/keyboard changed: keyboard: kept, except for the lines that piimg changes',
    ])
  })

  it('is reported where only modes or owners are wrong', async () => {
    const text = stockText('trixie', 'root/etc/sudoers') ?? ''
    expect(await inspected('trixie', { root: [file('/etc/sudoers', text, { mode: 0o666 })] })).toEqual([
      'root/etc/sudoers changed: sudo: an error at build: sudo refuses this file, because others than root can change it',
    ])
  })
})
