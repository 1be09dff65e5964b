import { describe, expect, it } from 'vitest'
import {
  dropUser,
  group,
  gshadow,
  lockUsers,
  passwd,
  renameWord,
  shadow,
  subid,
} from '../../../builder/plan/edits/accounts.js'

const same = { from: 'pi', name: 'pi' }
const renamed = { from: 'pi', name: 'ada' }
const made = { from: '', name: 'ada' }
const ids = { uid: '1000', gid: '1000' }

describe('passwd', () => {
  const before =
    'root:x:0:0:root:/root:/bin/bash\npi:x:1000:1000:,,,:/home/pi:/bin/zsh\nsshd:x:107:1::/:/bin/false\n'

  it('leaves a user that can log in as it is', () => {
    expect(passwd(before, { ...same, ...ids, home: '/home/pi' })).toBe(before)
  })

  it('renames the user in its place, with its home, and keeps shell and name', () => {
    expect(passwd(before, { ...renamed, ...ids, home: '/home/ada' })).toBe(
      'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000:,,,:/home/ada:/bin/zsh\nsshd:x:107:1::/:/bin/false\n',
    )
  })

  it.each(['/usr/sbin/nologin', '/bin/false', ''])(
    'gives a user with the shell "%s" one that lets it in',
    (shell) => {
      expect(passwd(`pi:x:1000:1000::/home/pi:${shell}\n`, { ...same, ...ids, home: '/home/pi' })).toBe(
        'pi:x:1000:1000::/home/pi:/bin/bash\n',
      )
    },
  )

  it('makes a user at the end', () => {
    expect(passwd('root:x:0:0:root:/root:/bin/bash', { ...made, ...ids, home: '/home/ada' })).toBe(
      'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n',
    )
  })
})

describe('shadow', () => {
  it('sets the hash and keeps the ages', () => {
    expect(shadow('root:*:1:::::\npi:!:20000:0:99999:7:::\n', { ...same, hash: '$6$a$b' })).toBe(
      'root:*:1:::::\npi:$6$a$b:20000:0:99999:7:::\n',
    )
  })

  it('locks a password that nobody gave, also the one that everybody knows', () => {
    expect(shadow('pi:$6$raspberry:20000:0:99999:7:::\n', { ...renamed, hash: '' })).toBe(
      'ada:*:20000:0:99999:7:::\n',
    )
  })

  it('makes a user whose password is of no age', () => {
    expect(shadow('root:*:1::::::\n', { ...made, hash: '$y$x' })).toBe(
      'root:*:1::::::\nada:$y$x::0:99999:7:::\n',
    )
  })
})

describe('lockUsers', () => {
  const names = 'bob root'

  it('closes passwords and expires accounts, except root', () => {
    expect(lockUsers('root:$6$r:1:0:9:7:::\nbob:$6$b:1:0:9:7:::\ntom:$6$t:1:0:9:7:::\n', { names })).toBe(
      'root:!$6$r:1:0:9:7:::\nbob:!$6$b:1:0:9:7::1:\ntom:$6$t:1:0:9:7:::\n',
    )
  })

  it.each(['*', '!', '!$6$b'])('leaves a closed password as it is: %s', (field) => {
    expect(lockUsers(`bob:${field}:1::::::\n`, { names })).toBe(`bob:${field}:1:::::1:\n`)
  })

  it('closes an empty password', () => {
    expect(lockUsers('bob::1::::::\n', { names })).toBe('bob:!:1:::::1:\n')
  })

  it('takes passwords out of passwd', () => {
    expect(lockUsers('bob:$6$b:1001:1001::/home/bob:/bin/bash\n', { names })).toBe(
      'bob:x:1001:1001::/home/bob:/bin/bash\n',
    )
  })
})

describe('dropUser', () => {
  const name = 'wiz'

  it('removes the line of the user', () => {
    expect(dropUser('pi:x:1000:1000::/:\nwiz:x:118:65534::/:\nwiz2:x:119:1::/:\n', { name })).toBe(
      'pi:x:1000:1000::/:\nwiz2:x:119:1::/:\n',
    )
  })

  it('removes its group and its memberships', () => {
    expect(dropUser('video:x:44:pi,wiz\nnetdev:*:wiz,pi:wiz,wiz2\nwiz:x:118:\n', { name })).toBe(
      'video:x:44:pi\nnetdev:*:pi:wiz2\n',
    )
  })
})

describe('group', () => {
  const before = 'adm:x:4:pi\nsudo:x:27:pi,tom\nspi:x:995:pip\npi:x:1000:\n'

  it('renames the group and every membership, and no other name', () => {
    expect(group(before, { ...renamed, gid: '1000', groups: 'ignored' })).toBe(
      'adm:x:4:ada\nsudo:x:27:ada,tom\nspi:x:995:pip\nada:x:1000:\n',
    )
  })

  it('leaves a user of the same name as it is', () => {
    expect(group(before, { ...same, gid: '1000', groups: 'spi' })).toBe(before)
  })

  it('lets a user that is made join the groups that there are', () => {
    expect(
      group('adm:x:4:\nsudo:x:27:tom\nvideo:x:44:\n', { ...made, gid: '1000', groups: 'sudo adm gpio' }),
    ).toBe('adm:x:4:ada\nsudo:x:27:tom,ada\nvideo:x:44:\nada:x:1000:\n')
  })
})

describe('gshadow', () => {
  it('renames members and administrators', () => {
    expect(gshadow('adm:*::pi\nweb:!:pi,tom:pi\npi:!::\n', { ...renamed, groups: '' })).toBe(
      'adm:*::ada\nweb:!:ada,tom:ada\nada:!::\n',
    )
  })

  it('lets a user that is made join as a member', () => {
    expect(gshadow('adm:*::\n', { ...made, groups: 'adm' })).toBe('adm:*::ada\nada:!::\n')
  })
})

describe('subid', () => {
  it('renames the ranges of the user', () => {
    expect(subid('pi:100000:65536\npi:300000:5\ntom:1:2\n', renamed)).toBe(
      'ada:100000:65536\nada:300000:5\ntom:1:2\n',
    )
  })

  it('makes a range where there is none at all', () => {
    expect(subid('', made)).toBe('ada:100000:65536\n')
  })
})

describe('renameWord', () => {
  const sudoers = '# pi may\npi\tALL=(ALL) ALL\n%pi ALL=ALL\nUser_Alias X=pi,pip\npi-two ALL=/home/pi/x\n'

  it('renames the whole word, and neither parts of words nor of paths', () => {
    expect(renameWord(sudoers, { from: 'pi', to: 'ada' })).toBe(
      '# ada may\nada\tALL=(ALL) ALL\n%ada ALL=ALL\nUser_Alias X=ada,pip\npi-two ALL=/home/pi/x\n',
    )
  })

  it('takes a name by its letters', () => {
    expect(renameWord('a.b aXb\n', { from: 'a.b', to: 'c' })).toBe('c aXb\n')
  })

  it('renames nothing where there was no user', () => {
    expect(renameWord(sudoers, { from: '', to: 'ada' })).toBe(sudoers)
  })
})
