import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { stockText } from '../support/practice-base.js'
import { textIn, finalRoot } from '../support/real-programs.js'

const set = { locale: 'en_GB.UTF-8' }
const readsOwn = file(
  '/etc/pam.d/sshd',
  'session required pam_env.so user_readenv=1 envfile=/etc/default/locale\n',
)

function found(...root: readonly PracticeEntry[]): string[] {
  return effectsOn('bookworm', { root, set })
}

describe('the language', () => {
  it('is the base image’s where none is asked for', () => {
    expect(effectsOn('bookworm', { root: [file('/etc/profile.d/x.sh', 'export LC_ALL=C\n')] })).toEqual([])
  })

  it('is that of the kernel command line for services', () => {
    const boot = [file('/cmdline.txt', 'root=PARTUUID=5e2c0d12-02 locale.LANG=de_DE.UTF-8\n')]
    expect(effectsOn('bookworm', { boot, set })).toEqual([
      'bookworm.img: boot/cmdline.txt, line 1: the kernel command line sets the language of services: locale.LANG=de_DE.UTF-8, not en_GB.UTF-8',
    ])
  })

  it.each(['bookworm', 'trixie'] as const)('counts before what the files of %s say', (release) => {
    const root = [
      file('/etc/locale.conf', 'LANG=de_DE.UTF-8\nLC_ALL=de_DE.UTF-8\nLC_TIME=C\n'),
      ...(release === 'trixie'
        ? []
        : [file('/etc/default/locale', 'LANGUAGE=de\nLC_ALL=C\nLC_MESSAGES=C\nLANG=C\n')]),
      file('/etc/environment', 'PATH="/bin"\nLC_ALL="C"\nLC_PAPER=C\nLANG=C\nTZ=UTC\n'),
    ]
    expect(effectsOn(release, { root, set })).toEqual([])
    const tree = finalRoot({ release, extra: root, set: { ...set, timezone: 'Europe/Prague' } })
    expect(textIn(tree, '/etc/locale.conf')).toBe('LANG=en_GB.UTF-8\n')
    if (release !== 'trixie') expect(textIn(tree, '/etc/default/locale')).toBe('LANG=en_GB.UTF-8\n')
    expect(textIn(tree, '/etc/environment')).toBe('PATH="/bin"\n')
  })

  it.each([
    ['/etc/profile', 'export LANG=C', 'LANG=C'],
    ['/etc/bash.bashrc', 'LC_ALL=POSIX', 'LC_ALL=POSIX'],
    ['/etc/profile.d/lang.sh', 'export LANGUAGE="de_DE:de"', 'LANGUAGE=de_DE:de'],
    ['/home/pi/.profile', "export LC_MESSAGES='C'", 'LC_MESSAGES=C'],
    ['/home/pi/.bashrc', 'export LC_ALL=C', 'LC_ALL=C'],
    ['/home/pi/.pam_environment', 'LANG DEFAULT=de_DE.UTF-8', 'LANG=de_DE.UTF-8'],
    ['/etc/security/pam_env.conf', 'LC_ALL OVERRIDE=de_DE.UTF-8', 'LC_ALL=de_DE.UTF-8'],
  ])('is not that of %s', (path, line, what) => {
    expect(found(readsOwn, file(path, `# own\n${line}\n`))).toEqual([
      `bookworm.img: root${path}, line 2: ${what} counts, not the language en_GB.UTF-8`,
    ])
  })

  it('is read from the first of three files of a user, and not from where PAM does not look', () => {
    const second = file('/home/pi/.profile', 'export LANG=C\n')
    expect(found(second, file('/home/pi/.bash_profile', '\n'))).toEqual([])
    expect(found(file('/home/pi/.pam_environment', 'LANG=C\n'))).toEqual([])
  })

  it('may be written in another way', () => {
    const text = 'export LANG=en_GB.utf8\nLANGUAGE=en_GB:en\n#export LC_ALL=C\necho LANG=C\nLC_ALL=C sort x\n'
    expect(found(file('/etc/profile.d/lang.sh', text))).toEqual([])
    const place = 'bookworm.img: root/etc/profile.d/lang.sh, line 1'
    const more = 'export TZ=UTC LANG="C" # own\nLC_TIME=C LC_NUMERIC=C; echo\n'
    expect(found(file('/etc/profile.d/lang.sh', more))).toEqual([
      `${place}: LANG=C counts, not the language en_GB.UTF-8`,
      `${place.replace('1', '2')}: LC_TIME=C counts, not the language en_GB.UTF-8`,
      `${place.replace('1', '2')}: LC_NUMERIC=C counts, not the language en_GB.UTF-8`,
    ])
  })

  it('is read by zsh from its own files, where that is the user’s shell', () => {
    const passwd = (stockText('bookworm', 'root/etc/passwd') ?? '').replace(
      /^(pi:.*):\S+$/m,
      '$1:/usr/bin/zsh',
    )
    const zsh = [file('/etc/passwd', passwd), file('/usr/bin/zsh')]
    const bash = file('/home/pi/.profile', 'export LANG=C\n')
    expect(found(...zsh, bash)).toEqual([])
    for (const name of ['zshenv', 'zprofile', 'zshrc', 'zlogin'])
      for (const path of [`/etc/zsh/${name}`, `/home/pi/.${name}`]) {
        const own = file(path, 'export LANG=C\n')
        expect(found(own)).toEqual([])
        expect(found(...zsh, own)).toEqual([
          `bookworm.img: root${path}, line 1: LANG=C counts, not the language en_GB.UTF-8`,
        ])
      }
  })

  it('is read from pam_env.conf after /etc/environment, and before /etc/default/locale', () => {
    const conf = file('/etc/security/pam_env.conf', 'LC_ALL DEFAULT=de_DE.UTF-8\n')
    const later = file('/etc/profile.d/a.sh', 'export LC_ALL=en_GB.UTF-8\n')
    expect(found(conf, later)).toEqual([])
    expect(found(file('/etc/security/pam_env.conf', 'LANG DEFAULT=C\n'))).toEqual([])
  })

  it('is that of SetEnv over ssh', () => {
    const conf = (text: string) => file('/etc/ssh/sshd_config.d/50-own.conf', `${text}\n`)
    expect(found(conf('SetEnv TERM=x LANG=en_GB.utf8'))).toEqual([])
    expect(found(conf('Match User bob\nSetEnv LANG=C'))).toEqual([])
    expect(found(conf('SetEnv LANG=en_GB.UTF-8\nSetEnv LANG=C'))).toEqual([])
    expect(found(conf('SetEnv TERM=x "LC_ALL=C"'))).toEqual([
      'bookworm.img: root/etc/ssh/sshd_config.d/50-own.conf, line 1: LC_ALL=C counts over ssh, not the language en_GB.UTF-8',
    ])
  })

  it.each([
    ['/var/lib/AccountsService/users/pi', '[User]\nLanguage=de_DE.UTF-8\n'],
    ['/var/lib/AccountsService/users/pi', '[User]\nLanguages=de_DE.UTF-8;en;\n'],
    ['/home/pi/.dmrc', '[Desktop]\nLanguage=de_DE.UTF-8\n'],
  ])('is that of lightdm on the desktop: %s', (path, text) => {
    expect(found(file(path, text))).toEqual([
      `bookworm.img: root${path}, line 2: the desktop takes the language de_DE.UTF-8, not en_GB.UTF-8`,
    ])
    expect(found(file(path, text.replace('de_DE', 'en_GB')))).toEqual([])
  })
})
