import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

describe('the hostname', () => {
  it('is what the kernel command line says, where it says one', () => {
    const commandLine = (words: string) => ({
      boot: [file('/cmdline.txt', `root=PARTUUID=5e2c0d13-02 ${words}\n`)],
    })
    expect(effectsOn('trixie', commandLine('quiet'))).toEqual([])
    expect(effectsOn('trixie', commandLine('systemd.hostname=node3'))).toEqual([])
    expect(effectsOn('trixie', commandLine('systemd.hostname=node3 systemd.hostname=old'))).toEqual([
      'trixie.img: boot/cmdline.txt, line 1: the kernel command line names the node old, not node3',
    ])
  })

  it('is the server’s on dhcpcd, where it is forced', () => {
    const conf = (text: string) => ({ root: [file('/etc/dhcpcd.conf', text)] })
    const set = { address: 'dhcp' }
    expect(effectsOn('bullseye', { ...conf('hostname\n#env force_hostname=YES\n'), set })).toEqual([])
    expect(effectsOn('bullseye', { ...conf('hostname\nenv force_hostname=YES\n'), set })).toEqual([
      'bullseye.img: root/etc/dhcpcd.conf, line 2: dhcpcd lets the DHCP server name the node',
    ])
    expect(effectsOn('bookworm', { ...conf('env force_hostname=YES\n'), set })).toEqual([])
  })
})
