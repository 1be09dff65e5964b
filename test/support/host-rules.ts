/** Files of hosts_access(5), and the line that keeps 10.0.0.0/24 from sshd. */
interface HostRules {
  readonly allow: string
  readonly deny: string
  readonly refusedAt?: string
}

const all = 'ALL: ALL\n'

/** For the first or the last address of that network. */
export const hostRules: readonly HostRules[] = [
  { allow: '', deny: '' },
  { allow: '', deny: 'vsftpd: ALL\n' },
  { allow: '', deny: '# none\nALL: ALL\n', refusedAt: 'deny, line 2' },
  { allow: '', deny: 'sshd: ALL\n', refusedAt: 'deny, line 1' },
  { allow: 'sshd: 10.0.0.\n', deny: all },
  { allow: 'sshd: 10.0.0.0/255.255.255.0\n', deny: all },
  { allow: 'sshd: 10.0.0.0/24\n', deny: all },
  { allow: 'sshd, vsftpd: 192.168.1., 10.\n', deny: all },
  { allow: 'sshd: 10.0.0.1\n', deny: all, refusedAt: 'deny, line 1' },
  { allow: 'sshd: 192.168.1.0/24\n', deny: all, refusedAt: 'deny, line 1' },
  { allow: 'sshd: 10.0.0.0/25\n', deny: all, refusedAt: 'deny, line 1' },
  { allow: 'ALL: \\\n  10.0.0.\n', deny: all },
  { allow: 'ALL EXCEPT sshd: ALL\n', deny: all, refusedAt: 'deny, line 1' },
  { allow: 'sshd: ALL EXCEPT 10.0.0.\n', deny: all, refusedAt: 'deny, line 1' },
  { allow: 'sshd: ALL: allow\nALL: ALL: deny\n', deny: '' },
  { allow: 'sshd: ALL: deny\n', deny: '', refusedAt: 'allow, line 1' },
  { allow: '', deny: 'sshd: ALL: allow\nALL: ALL\n' },
  // As denyhosts writes it.
  { allow: '', deny: 'sshd: 203.0.113.7\nsshd: 198.51.100.\n' },
]
