import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, hasNoNamespaces, isMissing, sharedFolder } from '../support/real-programs.js'

const folder = sharedFolder()
const home = join(folder, 'home')
const scripts = join(folder, 'profile.d')
for (const path of [home, scripts]) mkdirSync(path)
// PAM reads the file of a user's home with that user's rights.
chmodSync(folder, 0o755)

/** What a login shell prints with these files; paths begin with ~/ or are names of /etc/profile.d. */
function login(files: Readonly<Record<string, string>>, command: string): string {
  const script = `rm -f "$1"/.* "$2"/* 2>/dev/null
    eval "$4"
    mount --bind "$2" /etc/profile.d
    env -i PATH="$PATH" HOME="$1" bash --login -c "$3"`
  const writes = Object.entries(files).map(([path, text], index) => {
    const at = path.startsWith('~/') ? join(home, path.slice(2)) : join(scripts, path)
    writeFileSync(join(folder, String(index)), text)
    return `cp '${join(folder, String(index))}' '${at}'`
  })
  const words = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    home,
    scripts,
    command,
    writes.join('\n'),
  ] as const
  return ask([...words]).output.trim()
}

// effects/environment.ts, language.ts and time-zone.ts rely on these orders.
describe.skipIf(isMissing({ bash: 'bash', unshare: 'util-linux' }) || hasNoNamespaces())('a login', () => {
  it('takes the later file, and the first of three in the home', () => {
    const files = { 'a.sh': 'export LANG=a\n', 'b.sh': 'export LANG=b\n', 'c.txt': 'export LANG=c\n' }
    expect(login(files, 'echo $LANG')).toBe('b')
    expect(login({ ...files, '~/.profile': 'export LANG=p\n' }, 'echo $LANG')).toBe('p')
    const three = { '~/.profile': 'LANG=p\n', '~/.bash_login': 'LANG=l\n', '~/.bash_profile': 'LANG=b\n' }
    expect(login({ ...files, ...three }, 'echo $LANG')).toBe('b')
    expect(login({ '~/.profile': 'LANG=p\n', '~/.bash_login': 'LANG=l\n' }, 'echo $LANG')).toBe('l')
  })

  it('has the language of LC_ALL, then of the category, then of LANG', () => {
    const messages = (text: string) =>
      login({ 'a.sh': `${text}\n` }, 'locale 2>/dev/null | sed -n "s/^LC_MESSAGES=//p"').replaceAll('"', '')
    expect(messages('export LANG=C.UTF-8')).toBe('C.UTF-8')
    expect(messages('export LANG=C.UTF-8 LC_MESSAGES=POSIX')).toBe('POSIX')
    expect(messages('export LANG=C.UTF-8 LC_MESSAGES=C.UTF-8 LC_ALL=POSIX')).toBe('POSIX')
  })

  it('has the time zone of TZ before /etc/localtime', () => {
    expect(login({ 'a.sh': 'export TZ=XYZ-5\n' }, 'date +%Z%z')).toBe('XYZ+0500')
  })
})

/** What PAM makes of LANG with these files, by the lines of Debian's /etc/pam.d/sshd. */
function langByPam(files: Readonly<Record<string, string>>): string {
  const names = {
    environment: '/etc/environment',
    conf: '/etc/security/pam_env.conf',
    locale: '/etc/default/locale',
  }
  const session = 'session required pam_env.so'
  const stack = `auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n${session}\n${session} user_readenv=1 envfile=/etc/default/locale\n`
  const mounts = Object.entries({ ...names, su: '/etc/pam.d/su-l' }).map(([name, path]) => {
    const source = join(folder, `pam-${name}`)
    writeFileSync(source, name === 'su' ? stack : (files[name] ?? ''))
    return `mount --bind '${source}' ${path}`
  })
  writeFileSync(join(home, '.pam_environment'), files['home'] ?? '')
  const passwd = join(folder, 'pam-passwd')
  writeFileSync(passwd, `root:x:0:0::/root:/bin/sh\nann:x:1001:1001::${home}:/bin/sh\n`)
  const script = [...mounts, `mount --bind ${passwd} /etc/passwd`, "exec su -l ann -c 'echo $LANG'"]
  return ask(['unshare', '--mount', 'sh', '-ec', script.join('\n')]).output.trim()
}

const noPam =
  isMissing({ su: 'util-linux', unshare: 'util-linux' }) ||
  hasNoNamespaces() ||
  ['/etc/environment', '/etc/default/locale', '/etc/security/pam_env.conf'].some((path) => !existsSync(path))

describe.skipIf(noPam)('PAM', () => {
  it('reads its files in the order of the effect: a later one counts', () => {
    const files = {
      environment: 'LANG=a\n',
      conf: 'LANG DEFAULT=b\n',
      locale: 'LANG=c\n',
      home: 'LANG DEFAULT=d\n',
    }
    expect(langByPam(files)).toBe('d')
    expect(langByPam({ ...files, home: '' })).toBe('c')
    expect(langByPam({ ...files, home: '', locale: '' })).toBe('b')
    expect(langByPam({ environment: 'LANG=a\n' })).toBe('a')
    expect(langByPam({ environment: 'LANG=a\n', conf: 'LANG OVERRIDE=b\n' })).toBe('b')
  })
})
