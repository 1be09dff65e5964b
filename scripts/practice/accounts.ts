import { directory, file, lines, type PracticeEntry, when } from './entries.js'
import { wizardUser } from './desktop.js'
import { imageTime, type ReleaseFacts } from './releases.js'

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
  readonly gecos: string
  /** The password field of `/etc/shadow`. */
  readonly password: string
}

/** The account files, home directories and their skeleton. */
export function accountFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  const users = accounts(facts)
  const groups = groupTable(facts)
  const day = Math.floor(imageTime(facts) / 86_400)
  const secret = { mode: 0o640, gid: 42 }
  return [
    file(
      '/etc/passwd',
      lines(...users.map((u) => `${u.name}:x:${u.uid}:${u.gid}:${u.gecos}:${u.home}:${u.shell}`)),
    ),
    file('/etc/shadow', lines(...users.map((u) => `${u.name}:${u.password}:${day}:0:99999:7:::`)), secret),
    file('/etc/group', lines(...groups.map(({ name, gid, members }) => `${name}:x:${gid}:${members}`))),
    file('/etc/gshadow', lines(...groups.map(({ name, members }) => gshadowLine(name, members))), secret),
    file('/etc/subuid', 'pi:100000:65536\n'),
    file('/etc/subgid', 'pi:100000:65536\n'),
    directory('/root', { mode: 0o700 }),
    file('/root/.bashrc', bashrc),
    file('/root/.profile', profile),
    directory('/etc/skel'),
    ...dotFiles('/etc/skel', 0),
    directory('/home/pi', { mode: facts.homeMode, uid: 1000, gid: 1000 }),
    ...dotFiles('/home/pi', 1000),
  ]
}

const bashrc = lines(
  '# For interactive shells.',
  'case $- in *i*) ;; *) return ;; esac',
  'HISTSIZE=1000',
  "alias ls='ls --color=auto'",
  "#alias ll='ls -l'",
)
const profile = lines('# For login shells.', '[ -z "$BASH_VERSION" ] || [ ! -f ~/.bashrc ] || . ~/.bashrc')

function dotFiles(home: string, owner: number): readonly PracticeEntry[] {
  const attributes = { uid: owner, gid: owner }
  return [
    file(`${home}/.bash_logout`, lines('# When a login shell ends.', 'clear'), attributes),
    file(`${home}/.bashrc`, bashrc, attributes),
    file(`${home}/.profile`, profile, attributes),
  ]
}

function gshadowLine(name: string, members: string): string {
  return `${name}:${name === 'pi' ? '!' : '*'}::${members}`
}

/** `name uid gid home [shell] [gecos]`, as Debian's base-passwd has them. */
const staticUsers = [
  'root 0 0 /root /bin/bash root',
  'daemon 1 1 /usr/sbin',
  'bin 2 2 /bin',
  'sys 3 3 /dev',
  'sync 4 65534 /bin /bin/sync',
  'games 5 60 /usr/games',
  'man 6 12 /var/cache/man',
  'lp 7 7 /var/spool/lpd',
  'mail 8 8 /var/mail',
  'news 9 9 /var/spool/news',
  'uucp 10 10 /var/spool/uucp',
  'proxy 13 13 /bin',
  'www-data 33 33 /var/www',
  'backup 34 34 /var/backups',
  'list 38 38 /var/list',
  'irc 39 39 /run/ircd',
]

const lateUsers: Readonly<Record<ReleaseFacts['version'], readonly string[]>> = {
  10: [
    'gnats 41 41 /var/lib/gnats',
    'nobody 65534 65534 /nonexistent',
    'systemd-timesync 100 102 /run/systemd',
    'systemd-network 101 103 /run/systemd',
    'systemd-resolve 102 104 /run/systemd',
    '_apt 103 65534 /nonexistent',
  ],
  11: [
    'gnats 41 41 /var/lib/gnats',
    'nobody 65534 65534 /nonexistent',
    '_apt 100 65534 /nonexistent',
    'systemd-network 101 103 /run/systemd',
    'systemd-resolve 102 104 /run/systemd',
    'systemd-timesync 103 102 /run/systemd',
  ],
  12: [
    '_apt 42 65534 /nonexistent',
    'nobody 65534 65534 /nonexistent',
    'systemd-network 998 998 /',
    'systemd-timesync 997 997 /',
  ],
  13: [
    '_apt 42 65534 /nonexistent',
    'nobody 65534 65534 /nonexistent',
    'systemd-network 998 998 /',
    'systemd-timesync 991 991 /',
  ],
}

const lastUsers = [
  'messagebus 104 110 /nonexistent',
  'sshd 107 65534 /run/sshd',
  'avahi 108 113 /run/avahi-daemon',
]

function accounts(facts: ReleaseFacts): readonly Account[] {
  const rows = [...staticUsers, ...lateUsers[facts.version], ...lastUsers]
  return [...rows.map(systemAccount), ...when(facts.hasDesktop, wizardAccount), firstUser(facts)]
}

function systemAccount(row: string): Account {
  const [name = '', uid, gid, home = '/', shell = '/usr/sbin/nologin', gecos = name] = row.split(' ')
  return { name, uid: Number(uid), gid: Number(gid), home, shell, gecos, password: '*' }
}

/** As `adduser --system` makes it: without a group of its own, and with the first free number. */
const wizardAccount: Account = {
  name: wizardUser,
  uid: 118,
  gid: 65534,
  home: `/home/${wizardUser}`,
  shell: '/bin/bash',
  gecos: ',,,',
  password: '!',
}

function firstUser({ version, raspberryPiOS, hasOpenUser }: ReleaseFacts): Account {
  const nologin = raspberryPiOS && !hasOpenUser
  return {
    name: 'pi',
    uid: 1000,
    gid: 1000,
    home: '/home/pi',
    shell: nologin ? '/usr/sbin/nologin' : '/bin/bash',
    gecos: version < 12 ? ',,,' : '',
    password: version === 10 ? busterPassword : version >= 12 ? '!' : '*',
  }
}

/** `raspberry`, as everybody knew it. */
const busterPassword =
  '$6$practice$oieVkoYAojrwzFzZ8AL4L1.Vw5lAIPV9zpbnrJ2WGCljQohWUOY1wpagJ6GVZAKc.BmVD.GOpK71aUzAmjy41/'

interface Group {
  readonly name: string
  readonly gid: number
  /** Separated by commas. */
  readonly members: string
}

const staticGroups =
  'root 0 daemon 1 bin 2 sys 3 adm 4 tty 5 disk 6 lp 7 mail 8 news 9 uucp 10 man 12 proxy 13 kmem 15 ' +
  'dialout 20 fax 21 voice 22 cdrom 24 floppy 25 tape 26 sudo 27 audio 29 dip 30 www-data 33 backup 34 ' +
  'operator 37 list 38 irc 39 src 40 shadow 42 utmp 43 video 44 sasl 45 plugdev 46 staff 50 games 60 ' +
  'users 100 nogroup 65534 systemd-journal 101'

const lateGroups: Readonly<Record<ReleaseFacts['version'], string>> = {
  10: 'gnats 41 systemd-timesync 102 systemd-network 103 systemd-resolve 104 ssh 111',
  11: 'gnats 41 systemd-timesync 102 systemd-network 103 systemd-resolve 104 _ssh 111',
  12: 'systemd-network 998 systemd-timesync 997 _ssh 111',
  13: 'systemd-network 998 systemd-timesync 991 _ssh 111',
}

const lastGroups = 'input 105 kvm 106 render 107 crontab 108 netdev 109 messagebus 110 avahi 113'
const boardGroups = 'spi 995 i2c 994 gpio 993'

const raspberryGroups =
  'adm dialout cdrom audio users sudo video games plugdev input gpio spi i2c netdev render'.split(' ')

function groupTable(facts: ReleaseFacts): readonly Group[] {
  const joined = facts.raspberryPiOS
    ? raspberryGroups.filter((name) => facts.version > 10 || name !== 'render')
    : ['adm', 'sudo', 'users', 'netdev']
  const words = [
    staticGroups,
    lateGroups[facts.version],
    lastGroups,
    facts.raspberryPiOS ? boardGroups : '',
    'pi 1000',
  ]
    .join(' ')
    .split(' ')
    .filter((word) => word !== '')
  const names = words.filter((_, index) => index % 2 === 0)
  const wizard = facts.hasDesktop ? ['netdev', 'video'] : []
  return names.map((name, index) => ({
    name,
    gid: Number(words[2 * index + 1]),
    members: [...when(joined.includes(name), 'pi'), ...when(wizard.includes(name), wizardUser)].join(','),
  }))
}
