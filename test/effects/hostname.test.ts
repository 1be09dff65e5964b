import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase, stockText } from '../support/practice-base.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const commandLine = (words: string) => [file('/cmdline.txt', `root=PARTUUID=5e2c0d13-02 ${words}\n`)]

describe('the hostname', () => {
  it('is not what the base image’s kernel command line says', () => {
    const boot = commandLine('systemd.hostname=old quiet')
    expect(effectsOn('trixie', { boot })).toEqual([])
    const { plan } = planOf({ base: practiceBase('trixie', [], boot) })
    const line = plan.boot.find(({ path }) => path === '/cmdline.txt')
    expect(line?.kind === 'file' ? wholeOf(line.content).toString() : '').toMatch(/^root=\S+ quiet/)
  })

  it('is what kernel_args says, where it says one', () => {
    const named = (name: string) => effectsOn('trixie', { set: { kernel_args: `systemd.hostname=${name}` } })
    expect(named('node3')).toEqual([])
    expect(named('old')).toEqual([
      'command line: --set kernel_args: the kernel command line names the node old, not node3',
    ])
  })

  it.each([
    ['a name', file('/etc/hostname', 'old\n')],
    ['a link', symlink('/etc/hostname', '/srv/hostname')],
    [
      'the default of the release',
      file(
        '/usr/lib/os-release',
        `${stockText('bookworm', 'root/usr/lib/os-release') ?? ''}DEFAULT_HOSTNAME=old\n`,
      ),
    ],
  ])('is that of /etc/hostname, whatever the base image has: %s', (_, entry) => {
    expect(textIn(finalRoot({ release: 'bookworm', extra: [entry] }), '/etc/hostname')).toBe('node3\n')
  })

  const conf = (text: string) => ({ root: [file('/etc/dhcpcd.conf', text)], set: { address: 'dhcp' } })
  const forced = (line: number) => [
    `bullseye.img: root/etc/dhcpcd.conf, line ${line}: dhcpcd lets the DHCP server name the node`,
  ]
  it.each([
    ['hostname\n#env force_hostname=YES\n', []],
    ['hostname\nenv force_hostname=YES\n', forced(2)],
    ['env force_hostname=YES\nenv force_hostname=NO\n', []],
    ['env force_hostname=1\nnohook 30-hostname\n', []],
    ['interface eth1\nenv force_hostname=YES\n', []],
  ])('is the server’s on dhcpcd, where it is forced: %j', (text, found) => {
    expect(effectsOn('bullseye', conf(text))).toEqual(found)
    expect(effectsOn('bookworm', conf(text))).toEqual([])
  })

  it.each([
    ['hostname old', 0o755, true],
    ['hostnamectl set-hostname old', 0o755, true],
    ['hostname old', 0o644, false],
    ['#hostname old', 0o755, false],
    ['exit 0\nhostname old', 0o755, false],
    ['echo "$(hostname -I)"', 0o755, false],
  ])('is what /etc/rc.local sets in the end: %j, mode %o', (line, mode, isSet) => {
    const root = [file('/etc/rc.local', `#!/bin/sh\n${line}\nexit 0\n`, { mode })]
    const what = `bookworm.img: root/etc/rc.local, line 2: "${line}" names the node`
    expect(effectsOn('bookworm', { root })).toEqual(isSet ? [what] : [])
  })
})
