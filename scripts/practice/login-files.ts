import { directory, file, lines, type PracticeEntry, when } from './entries.js'
import type { ReleaseFacts } from './releases.js'

/** ssh and sudo. No image holds host keys. */
export function loginFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  const { version, raspberryPiOS, hasOpenUser } = facts
  const wizard = raspberryPiOS && version >= 11
  return [
    file('/etc/ssh/sshd_config', sshdConfig(facts)),
    file('/etc/ssh/ssh_config', sshConfig(facts)),
    ...when(version >= 11, directory('/etc/ssh/sshd_config.d'), directory('/etc/ssh/ssh_config.d')),
    ...when(
      wizard,
      file('/etc/ssh/sshd_config.d/rename_user.conf', 'Banner /usr/share/userconf-pi/sshd_banner\n'),
      file(
        '/usr/share/userconf-pi/sshd_banner',
        'No user has been set up yet: logins may fail until then.\n',
      ),
    ),
    file('/etc/sudoers', sudoers(facts), { mode: 0o440 }),
    directory('/etc/sudoers.d'),
    file('/etc/sudoers.d/README', '# One file a topic, mode 0440.\n', { mode: 0o440 }),
    ...when(raspberryPiOS, ...sudoSettings(version)),
    ...when(
      hasOpenUser,
      file('/etc/sudoers.d/010_pi-nopasswd', 'pi ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 }),
    ),
  ]
}

/** Settings of raspberrypi-sys-mods, and one of raspi-config. No rule for a user is among them. */
function sudoSettings(version: number): readonly PracticeEntry[] {
  const keep = (names: string) => `Defaults env_keep += "${names}"\n`
  const setting = (name: string, text: string) => file(`/etc/sudoers.d/${name}`, text, { mode: 0o440 })
  return [
    setting('010_at-export', keep('NO_AT_BRIDGE')),
    ...when(version >= 12, setting('010_global-tty', 'Defaults timestamp_type=global\n')),
    setting(
      '010_proxy',
      keep('http_proxy HTTP_PROXY https_proxy HTTPS_PROXY ftp_proxy FTP_PROXY no_proxy NO_PROXY'),
    ),
  ]
}

function sshdConfig({ version }: ReleaseFacts): string {
  return lines(
    '# Settings of the ssh server; a line with # shows the default.',
    '',
    ...when(version >= 11, 'Include /etc/ssh/sshd_config.d/*.conf', ''),
    '#Port 22',
    '#ListenAddress 0.0.0.0',
    '',
    '#HostKey /etc/ssh/ssh_host_ed25519_key',
    '',
    '#PermitRootLogin prohibit-password',
    '#PubkeyAuthentication yes',
    '#AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2',
    '',
    '# With the next two off, only keys let a user in.',
    '#PasswordAuthentication yes',
    '#PermitEmptyPasswords no',
    `${version >= 12 ? 'KbdInteractiveAuthentication' : 'ChallengeResponseAuthentication'} no`,
    '',
    'UsePAM yes',
    '',
    'X11Forwarding yes',
    'PrintMotd no',
    '#UseDNS no',
    '#Banner none',
    '',
    'AcceptEnv LANG LC_*',
    'Subsystem\tsftp\t/usr/lib/openssh/sftp-server',
    '',
    '# A block for one user:',
    '#Match User anoncvs',
    '#\tX11Forwarding no',
  )
}

function sshConfig({ version }: ReleaseFacts): string {
  return lines(
    ...when(version >= 11, 'Include /etc/ssh/ssh_config.d/*.conf', ''),
    'Host *',
    '    SendEnv LANG LC_*',
    '    HashKnownHosts yes',
    '    GSSAPIAuthentication yes',
  )
}

function sudoers({ version }: ReleaseFacts): string {
  return lines(
    '# Edit with visudo.',
    'Defaults\tenv_reset',
    'Defaults\tmail_badpass',
    'Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    ...when(version >= 12, 'Defaults\tuse_pty'),
    '',
    'root\tALL=(ALL:ALL) ALL',
    '%sudo\tALL=(ALL:ALL) ALL',
    '',
    version >= 11 ? '@includedir /etc/sudoers.d' : '#includedir /etc/sudoers.d',
  )
}
