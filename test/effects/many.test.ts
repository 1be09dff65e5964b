import { expect, it } from 'vitest'
import { checkEffects } from '../../builder/effects/check-effects.js'
import { file } from '../../scripts/practice/entries.js'
import { planOf } from '../support/node.js'
import { practiceBase, stockText } from '../support/practice-base.js'

const words = [
  'root=PARTUUID=deadbeef-02',
  'init=/usr/local/sbin/own-init',
  'systemd.hostname=old',
  'systemd.machine_id=0123456789abcdef0123456789abcdef',
  'locale.LANG=fr_FR.UTF-8',
  'ip=192.168.1.77::192.168.1.1:255.255.255.0:old:eth0:off',
  'systemd.mask=ssh.service',
]

it('a base image with many settings against its card has each of them reported, with place and hint', () => {
  const base = practiceBase(
    'trixie',
    [
      file(
        '/etc/fstab',
        'PARTUUID=deadbeef-02 / ext4 defaults 0 1\nPARTUUID=deadbeef-01 /boot/firmware vfat defaults 0 2\n',
      ),
      file('/etc/hosts', '192.168.1.77 node3\n127.0.0.1 localhost\n'),
      file('/etc/nsswitch.conf', 'passwd: files\nhosts: dns\n'),
      file(
        '/etc/ssh/sshd_config',
        `${stockText('trixie', 'root/etc/ssh/sshd_config') ?? ''}AllowUsers ann\nListenAddress 192.168.1.77\n`,
      ),
      file('/etc/hosts.deny', 'sshd: ALL\n'),
      file('/etc/sudoers', `${stockText('trixie', 'root/etc/sudoers') ?? ''}Defaults rootpw\n`, {
        mode: 0o440,
      }),
      file('/etc/environment', 'LC_ALL=fr_FR.UTF-8\nTZ=Asia/Tokyo\n'),
      file('/root/.ssh/authorized_keys', 'ssh-ed25519 AAAA ann\n'),
    ],
    [
      file('/cmdline.txt', `${words.join(' ')}\na second line\n`),
      file('/autoboot.txt', '[all]\nboot_partition=3\n'),
      file('/pieeprom.upd', 'x'),
    ],
  )
  const { plan } = planOf({ base, set: { locale: 'en_GB.UTF-8', timezone: 'Europe/Prague' } })
  const found = checkEffects(base.image, base.facts, plan)
  const places = new Set(found.map(({ where, what }) => `${where.key ?? ''}: ${what}`))
  expect(found.filter(({ hint }) => hint === undefined)).toEqual([])
  expect(places.size, [...places].join('\n')).toBeGreaterThanOrEqual(15)
})
