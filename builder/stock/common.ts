import type { Facts } from '../model/facts.js'
import { anyOf, link, lines, type Rule } from './rules.js'

/** A unit that is enabled by this link. */
export function enabled(unit: string): Rule {
  return link(`/lib/systemd/system/${unit}`, `/usr/lib/systemd/system/${unit}`)
}

export const masked = link('/dev/null')
/** Only comments, or nothing. */
export const nothing = lines([])

/** The firmware's own files, kernels and device trees. */
export const firmware: Readonly<Record<string, Rule>> = Object.fromEntries(
  ['*.dat', 'start*.elf', 'bootcode.bin', '*.dtb', 'kernel*.img', 'vmlinuz*', 'initr*', 'overlays/*'].map(
    (name) => [`boot/${name}`, () => true],
  ),
)

/** Files that have the same text on every release. */
export const everywhere: Readonly<Record<string, Rule>> = {
  'root/etc/machine-id': ({ text }) => ['', 'uninitialized\n'].includes(text),
  'root/etc/ssh/sshd_config': lines(
    ['UsePAM yes', 'X11Forwarding yes', 'PrintMotd no', 'Subsystem sftp /usr/lib/openssh/sftp-server'],
    [
      'Include /etc/ssh/sshd_config.d/*.conf',
      /^(KbdInteractive|ChallengeResponse)Authentication no$/,
      /^AcceptEnv LANG LC_\*( COLORTERM NO_COLOR)?$/,
    ],
  ),
}

/** What postinst scripts of Debian's packages write. */
export const byPackages: Readonly<Record<string, Rule>> = {
  // Made by the installation of console-setup, from its questions.
  'root/etc/default/console-setup': lines(
    [],
    [/^(ACTIVE_CONSOLES|CHARMAP|CODESET|FONTFACE|FONTSIZE|VIDEOMODE)=/],
  ),
  // What setupcon(1) makes of the settings.
  'root/etc/console-setup/cached_*': () => true,
  'root/etc/environment': nothing,
  'root/etc/hosts.allow': nothing,
  'root/etc/hosts.deny': nothing,
  'root/etc/pam.d/common-*': lines([], [/^(account|session|auth|password) .*\bpam_(?!access|env)\w+\.so\b/]),
  'root/etc/default/locale': anyOf(link('../locale.conf'), lines([/^LANG=/])),
  'root/etc/locale.conf': lines([/^LANG=/]),
  'root/etc/network/interfaces': lines(
    [/^(source \/etc\/network\/interfaces\.d\/\*|source-directory \/etc\/network\/interfaces\.d)$/],
    ['auto lo', 'iface lo inet loopback'],
  ),
}

/** fstab(5) with the partitions of the image by their signature. */
export function fstab({ diskSignature, bootMount, boot, root }: Facts, options = 'defaults'): Rule {
  const name = ({ number }: Facts['root']) => `PARTUUID=${diskSignature}-0${number}`
  return lines(
    [
      new RegExp(`^${name(boot)} ${bootMount} vfat ${options}(,flush)? 0 2$`),
      new RegExp(`^${name(root)} / ext4 defaults,noatime(,x-systemd\\.growfs)? 0 1$`),
    ],
    ['proc /proc proc defaults 0 0'],
  )
}
