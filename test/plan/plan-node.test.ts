import { pbkdf2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loadOverlay } from '../../builder/load/overlays.js'
import { wholeOf } from '../../builder/model/content.js'
import type { Plan } from '../../builder/model/plan.js'
import { entryRecord } from '../../builder/model/plan-record.js'
import { allEntries } from '../../builder/plan/plan-record.js'
import { file, symlink } from '../../scripts/practice/entries.js'
import { builtAt, loginKey, planOf } from '../support/node.js'
import { practiceBase, releases } from '../support/practice-base.js'
import { problemText } from '../support/problem-text.js'
import { temporaryFolder } from '../support/temporary.js'

type Files = Readonly<Record<string, string>>

/** Overlays of one test, in order: the text of overlay.ini, or the files of the folder. */
function overlaysOf(...all: (string | Files)[]) {
  return all.map((given, index) => {
    const files = typeof given === 'string' ? { 'overlay.ini': given } : given
    const ini = `[overlay]\nsummary = x\n\n${files['overlay.ini'] ?? ''}`
    const name = `overlay${index + 1}`
    const { overlay, problems } = loadOverlay(name, temporaryFolder({ ...files, 'overlay.ini': ini }))
    expect(problemText(problems)).toEqual([])
    return overlay
  })
}

function planWith(
  overlays: (string | Files)[],
  set: Files = {},
  extra = [] as Parameters<typeof practiceBase>[1],
) {
  const base = practiceBase('bookworm', extra)
  const { plan, problems } = planOf({ base, set, overlays: overlaysOf(...overlays) })
  return { plan, problems: problems.map(({ what }) => what) }
}

/** `kind path` of every entry but the record. */
function entriesOf(plan: Plan): string[] {
  return allEntries(plan)
    .filter(({ origins }) => origins[0]?.file !== 'piimg')
    .map((entry) => `${entry.kind} ${entry.partition}${entry.path}`)
}

function contentOf(plan: Plan, path: string): string | undefined {
  const found = allEntries(plan).find((entry) => `${entry.partition}${entry.path}` === path)
  return found?.kind === 'file' ? wholeOf(found.content).toString() : undefined
}

/** All bytes of each file, also those that are made only when they are needed. */
function bytesOf(plan: Plan): Buffer[][] {
  const files = allEntries(plan).filter((entry) => entry.kind === 'file')
  return files.map(({ content, shown }) => [wholeOf(content), wholeOf(shown)])
}

const motd = { 'root/etc/motd': 'hello\n' }
const edit = (path: string, ...lines: string[]) => `[edit a]\npath = ${path}\n${lines.join('\n')}\n`

describe('whole files', () => {
  it('are written with mode and owner', () => {
    const ini = '[file root/etc/motd]\nmode = 0600\nowner = user\n\n[directory root/srv/a]\nowner = 7:8\n'
    const { plan } = planWith([{ ...motd, 'overlay.ini': ini }])
    expect(plan.root).toMatchObject([
      { path: '/etc/motd', mode: 0o600, owner: { uid: 1000, gid: 1000 } },
      { path: '/srv/a', mode: 0o755, owner: { uid: 7, gid: 8 } },
      { path: '/usr/lib/piimg/plan.json', mode: 0o600, owner: { uid: 0, gid: 0 } },
    ])
  })

  it('are templates where their names end in .hbs, and bytes elsewhere', () => {
    const { plan } = planWith([
      { 'root/a.hbs': '{{hostname}}', 'root/b': '{{hostname}}', 'root/{{user}}': 'x' },
    ])
    expect(contentOf(plan, 'root/a')).toBe('node3')
    expect(contentOf(plan, 'root/b')).toBe('{{hostname}}')
    expect(contentOf(plan, 'root/pi')).toBe('x')
  })

  it('are written where their facts hold', () => {
    const { plan } = planWith([
      {
        'root@bookworm/a': '',
        'root@trixie/b': '',
        'root@bookworm+dhcpcd/c': '',
        'root@bookworm+arm64/d': '',
      },
    ])
    expect(entriesOf(plan)).toEqual(['file root/a', 'file root/d'])
  })

  it('have no mode and owner on the boot partition', () => {
    const { plan } = planWith([{ 'boot/piimg.txt': 'x' }])
    expect(plan.boot).toEqual([
      expect.not.objectContaining({
        mode: expect.anything() as unknown,
        owner: expect.anything() as unknown,
      }),
    ])
  })

  it('of two overlays are a conflict', () => {
    const { problems } = planWith([motd, motd])
    expect(problems).toEqual(['overlays overlay1 and overlay2 both write root/etc/motd'])
  })

  it.each([
    ['a link', '[link root/etc/motd]\ntarget = x\n'],
    ['a folder', '[directory root/etc/motd]\n'],
    ['a removal', '[remove root/etc/motd]\n'],
    ['a copy', '[copy root/etc/motd]\nfrom = root/etc/hosts\n'],
  ])('and %s of another overlay are a conflict', (_, ini) => {
    expect(planWith([motd, ini]).problems).toEqual([
      'overlays overlay1 and overlay2 both write root/etc/motd',
    ])
  })

  it('take the place of others where they say so', () => {
    const replaces = { 'root/etc/motd': 'second\n', 'overlay.ini': '[file root/etc/motd]\nreplaces = yes\n' }
    const { plan, problems } = planWith([motd, replaces])
    expect(problems).toEqual([])
    expect(contentOf(plan, 'root/etc/motd')).toBe('second\n')
  })

  it('take the place of a link where that says so', () => {
    const { plan, problems } = planWith([motd, '[link root/etc/motd]\ntarget = /dev/null\nreplaces = yes\n'])
    expect(problems).toEqual([])
    expect(entriesOf(plan)).toEqual(['symlink root/etc/motd'])
  })

  it('are copied from the base image where it has them', () => {
    const ini = '[copy root/a]\nfrom = root/etc/motd\nmode = 0640\n\n[copy root/b]\nfrom = root/no/such\n'
    const { plan } = planWith([ini])
    expect(entriesOf(plan)).toEqual(['file root/a'])
    expect(contentOf(plan, 'root/a')).toBe('Welcome to a practice image.\n')
  })
})

describe('removals and moves', () => {
  it('of files with a line leave other files alone, and what another overlay writes', () => {
    const own = { 'root/etc/b.d/own': 'old=1\n' }
    const remove = "[remove root/etc/b.d/*]\nline = '^old *='\n"
    const extra = ['one', 'two', 'own'].map((name) => {
      return file(`/etc/b.d/${name}`, name === 'two' ? '#old=1\n' : 'x\nold=1\n')
    })
    const { plan, problems } = planWith([own, remove], {}, extra)
    expect(problems).toEqual([])
    expect(entriesOf(plan)).toEqual(['removal root/etc/b.d/one', 'file root/etc/b.d/own'])
  })

  it('follow a folder that was moved before', () => {
    const remove = '[remove root/home/pi/.bashrc]\n'
    const move = '[move root/home/pi]\nto = /home/x\n'
    expect(entriesOf(planWith([move, remove]).plan)).toEqual([
      'move root/home/pi',
      'removal root/home/x/.bashrc',
    ])
  })

  it('are left out where the base image has nothing there', () => {
    const { plan } = planWith([
      '[remove root/etc/motd]\n\n[remove root/etc/none]\n\n[move root/home/pi]\nto = /home/x\n\n[move root/home/y]\nto = /home/z\n',
    ])
    expect(entriesOf(plan)).toEqual(['removal root/etc/motd', 'move root/home/pi'])
  })

  it('of a star mean every name in that folder, and none below', () => {
    const { plan } = planWith(['[remove root/etc/sudoers.d/*]\n'])
    expect(entriesOf(plan)).toEqual([
      'removal root/etc/sudoers.d/010_at-export',
      'removal root/etc/sudoers.d/010_global-tty',
      'removal root/etc/sudoers.d/010_pi-nopasswd',
      'removal root/etc/sudoers.d/010_proxy',
      'removal root/etc/sudoers.d/README',
    ])
  })
})

describe('edits', () => {
  it('keep mode and owner of the base image, and name every overlay that took part', () => {
    const { plan } = planWith([
      edit('root/etc/sudoers', 'edit = line', 'line = one'),
      edit('root/etc/sudoers', 'edit = line', 'line = two'),
    ])
    expect(plan.root[0]).toMatchObject({ path: '/etc/sudoers', mode: 0o440, owner: { uid: 0, gid: 0 } })
    expect(plan.root[0]?.origins).toHaveLength(2)
    expect(contentOf(plan, 'root/etc/sudoers')).toMatch(/one\ntwo\n$/)
  })

  it('that change nothing write nothing', () => {
    expect(
      entriesOf(planWith([edit('root/etc/hostname', 'edit = text', 'text = raspberrypi')]).plan),
    ).toEqual([])
  })

  it('of a file that is not there do nothing, or make it', () => {
    const make = ['edit = line', 'line = x', 'create = yes', 'mode = 0600', 'owner = user']
    expect(entriesOf(planWith([edit('root/etc/none', 'edit = line', 'line = x')]).plan)).toEqual([])
    const { plan } = planWith([edit('root/etc/none', ...make)])
    expect(plan.root[0]).toMatchObject({ path: '/etc/none', mode: 0o600, owner: { uid: 1000, gid: 1000 } })
    expect(contentOf(plan, 'root/etc/none')).toBe('x\n')
  })

  it('make no empty file', () => {
    expect(
      entriesOf(planWith([edit('root/etc/none', 'edit = line', 'line =', 'create = yes')]).plan),
    ).toEqual([])
  })

  it('follow a link to the file that it means', () => {
    const links = [symlink('/etc/a', '../srv/b'), file('/srv/b', 'old\n', { mode: 0o600 })]
    const { plan } = planWith([edit('root/etc/a', 'edit = line', 'line = new')], {}, links)
    expect(plan.root[0]).toMatchObject({ path: '/srv/b', mode: 0o600 })
    expect(contentOf(plan, 'root/srv/b')).toBe('old\nnew\n')
  })

  it('of one file by two names are edits of one file', () => {
    const links = [symlink('/etc/a', '../srv/b'), file('/srv/b', 'old\n')]
    const { plan } = planWith(
      [edit('root/etc/a', 'edit = line', 'line = one'), edit('root/srv/b', 'edit = line', 'line = two')],
      {},
      links,
    )
    expect(entriesOf(plan)).toEqual(['file root/srv/b'])
    expect(contentOf(plan, 'root/srv/b')).toBe('old\none\ntwo\n')
  })

  it('change what an earlier overlay wrote', () => {
    const { plan, problems } = planWith([motd, edit('root/etc/motd', 'edit = line', 'line = there')])
    expect(problems).toEqual([])
    expect(contentOf(plan, 'root/etc/motd')).toBe('hello\nthere\n')
  })

  it('of a star change every file that has something to change', () => {
    const { plan } = planWith([edit('root/etc/sudoers.d/*', 'edit = rename_word', 'from = pi', 'to = ada')])
    expect(entriesOf(plan)).toEqual(['file root/etc/sudoers.d/010_pi-nopasswd'])
  })

  it('of what is no text are a problem', () => {
    const { problems } = planWith([
      '[link root/etc/a]\ntarget = b\n\n[remove root/etc/motd]\n',
      edit('root/etc/a', 'edit = line', 'line = x'),
      edit('root/etc/motd', 'edit = line', 'line = x'),
      edit('root/etc/ssh', 'edit = line', 'line = x'),
    ])
    expect(problems).toEqual([
      'root/etc/a is a symlink, not a text that can be edited',
      'root/etc/motd is a removal, not a text that can be edited',
      'root/etc/ssh is a directory in the base image, not a text that can be edited',
    ])
  })

  it('carry every byte through, and write UTF-8', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const base = practiceBase('bookworm', [file('/etc/bytes', Buffer.concat([every, Buffer.from('\n')]))])
    const overlays = overlaysOf(edit('root/etc/bytes', 'edit = line', 'line = žluť'))
    const { plan } = planOf({ base, overlays })
    const [entry] = plan.root
    if (entry?.kind !== 'file') throw new Error('no file')
    expect(wholeOf(entry.content).equals(Buffer.concat([every, Buffer.from('\nžluť\n')]))).toBe(true)
  })

  // Known mistakes.
  it('write UTF-8 into a file that they make, too', () => {
    const { plan } = planWith([edit('root/etc/none', 'edit = line', 'line = žluť', 'create = yes')])
    expect(contentOf(plan, 'root/etc/none')).toBe('žluť\n')
  })
  it('change what an earlier overlay wrote in the place of a link', () => {
    const links = [symlink('/etc/a', '../srv/b'), file('/srv/b', 'old\n')]
    const { plan } = planWith(
      [{ 'root/etc/a': 'mine\n' }, edit('root/etc/a', 'edit = line', 'line = x')],
      {},
      links,
    )
    expect(contentOf(plan, 'root/etc/a')).toBe('mine\nx\n')
  })
  it('of a star pass by the folders', () => {
    const { problems } = planWith([edit('root/etc/*', 'edit = rename_word', 'from = raspberrypi', 'to = x')])
    expect(problems).toEqual([])
  })
})

describe('lists', () => {
  const cmdline = edit('boot/cmdline.txt', 'edit = kernel_args', 'add = {{join kernel_args " "}}')

  it('get what overlays append, in their order, after what was given', () => {
    const appends =
      '[append a]\nvariable = kernel_args\nvalue = b=1 c\n\n[append b]\nvariable = kernel_args\nvalue = d\nwhen = buster\n'
    const { plan } = planWith([appends, cmdline], { kernel_args: 'a' })
    expect(plan.values.get('kernel_args')?.value).toEqual(['a', 'b=1', 'c'])
    expect(contentOf(plan, 'boot/cmdline.txt')).toMatch(/ a b=1 c\n$/)
  })

  it('of keys get a whole line', () => {
    const { plan } = planWith([
      '[append a]\nvariable = authorized_keys\nvalue = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 me\n',
    ])
    expect(plan.values.get('authorized_keys')?.value).toHaveLength(2)
  })
})

describe('requirements', () => {
  const require = '[require a]\npath = root/etc/{{hostname}}\nwhat = no {{hostname}} for {{user}}\n'

  it('that are not met are problems, with what they are about', () => {
    expect(planWith([require]).problems).toEqual(['no node3 for pi'])
    expect(planWith([require], {}, [file('/etc/node3')]).problems).toEqual([])
  })

  it('count where their conditions hold', () => {
    expect(planWith([`${require}when = buster\n`]).problems).toEqual([])
    expect(planWith(['[warn a]\nwhat = always\nwhen = bookworm\n']).problems).toEqual(['always'])
  })
})

describe('on FAT', () => {
  it('two names that differ by case are one', () => {
    const make = (name: string) =>
      `[edit ${name}]\npath = boot/${name}\nedit = text\ntext = x\ncreate = yes\n`
    expect(planWith([`${make('A.txt')}\n${make('a.TXT')}`]).problems).toEqual([
      'boot/a.TXT and boot/A.txt are the same name on FAT',
    ])
  })
})

it('a file is not a folder of another one', () => {
  const { problems } = planWith([motd, { 'root/etc/motd/below': 'x' }])
  expect(problems).not.toEqual([])
})

describe('a plan', () => {
  const base = practiceBase('trixie')

  it('is the same every time', () => {
    const [one, other] = [planOf({ base }), planOf({ base: practiceBase('trixie') })]
    expect(one).toEqual(other)
    expect(bytesOf(one.plan)).toEqual(bytesOf(other.plan))
  })

  it('takes nothing from the node that was planned before it', () => {
    const first = planOf({ base })
    const set = { hostname: 'node4', user: 'ada', dns: '9.9.9.9', authorized_keys: `${loginKey}2` }
    const { plan } = planOf({ base, set })
    expect(contentOf(plan, 'root/etc/hostname')).toBe('node4\n')
    expect(contentOf(plan, 'root/etc/passwd')).toContain('\nada:x:1000:')
    expect(contentOf(plan, 'root/home/ada/.ssh/authorized_keys')).toBe(`${loginKey}2\n`)
    expect(planOf({ base })).toEqual(first)
  })

  it('is sorted by path', () => {
    const paths = planOf({ base }).plan.root.map(({ path }) => path)
    expect(paths).toEqual([...paths].sort())
  })

  it('holds its own record, which says what every entry is', () => {
    const { plan } = planOf({ base })
    const record = JSON.parse(contentOf(plan, 'root/usr/lib/piimg/plan.json') ?? '') as Record<
      string,
      unknown
    >
    expect(record).toMatchObject({ piimg: '0.0.0', hostname: 'node3', profile: 'worker', builtAt })
    const others = allEntries(plan).filter(({ path }) => path !== '/usr/lib/piimg/plan.json')
    expect(record['entries']).toEqual(others.map(entryRecord))
  })
})

describe('secrets', () => {
  const psk = 'correct horse'
  const hash = `$6$salt$${'h'.repeat(86)}`
  const set = {
    wifi_ssid: 'home',
    wifi_country: 'GB',
    wifi_psk: psk,
    password_hash: hash,
    ssh_password_login: 'yes',
  }

  /** Everything of a plan that may be shown: masked files, masked values, origins, the record in the image. */
  function shownOf(plan: Plan): string {
    const entries = allEntries(plan)
    const shown = entries.flatMap((entry) => (entry.kind === 'file' ? [wholeOf(entry.shown).toString()] : []))
    const record = contentOf(plan, 'root/usr/lib/piimg/plan.json') ?? ''
    return JSON.stringify([shown, record, entries.map(entryRecord), [...plan.shownValues]])
  }

  it.each(releases)('of %s are written, and never shown', (release) => {
    for (const user of ['ada', undefined]) {
      const all = { ...set, ...(user === undefined ? {} : { user }) }
      const { plan } = planOf({ base: practiceBase(release), set: all })
      const written = JSON.stringify(
        allEntries(plan).map((entry) => (entry.kind === 'file' ? wholeOf(entry.content).toString() : '')),
      )
      expect(written).toContain(psk)
      expect(written).toContain(hash)
      if (release === 'buster' && user === undefined) continue // the known mistake below
      for (const secret of [psk, hash, 'oieVkoYAojrwzFzZ8AL4L1']) expect(shownOf(plan)).not.toContain(secret)
    }
  })

  it('of Buster are not shown where its own user gets another password', () => {
    const { plan } = planOf({ base: practiceBase('buster'), set })
    expect(shownOf(plan)).not.toContain(hash)
  })

  it('that follow from others are not shown either', () => {
    const wifi_psk = 'a" long # one'
    const key = pbkdf2Sync(wifi_psk, 'home', 4096, 32, 'sha1').toString('hex')
    const { plan } = planOf({ base: practiceBase('buster'), set: { ...set, wifi_psk } })
    expect(contentOf(plan, 'root/etc/wpa_supplicant/wpa_supplicant.conf')).toContain(key)
    expect(shownOf(plan)).not.toContain(key)
  })

  it('have no hash in the record, and the others have one', () => {
    const { plan } = planOf({ base: practiceBase('trixie'), set })
    const records = allEntries(plan)
      .map(entryRecord)
      .filter(({ kind }) => kind === 'file')
    const without = records.filter(({ sha256 }) => sha256 === undefined).map(({ path }) => path)
    expect(without).toEqual([
      '/etc/NetworkManager/system-connections/wifi.nmconnection',
      '/etc/shadow',
      '/etc/ssh/piimg/ssh_host_ed25519_key',
      '/home/pi/.ssh/id_ed25519',
    ])
  })

  it('of the base image are not shown either', () => {
    const shadow = file('/etc/shadow', `root:${hash}:1::::::\npi:!:1::::::\n`, { mode: 0o640, gid: 42 })
    const { plan } = planOf({ base: practiceBase('bookworm', [shadow]) })
    expect(contentOf(plan, 'root/etc/shadow')).toContain(hash)
    expect(shownOf(plan)).not.toContain(hash)
  })

  it('may be shown in full where the user asks for it', () => {
    const { plan } = planOf({ base: practiceBase('trixie'), set })
    expect(plan.values.get('wifi_psk')?.value).toBe(psk)
    expect(plan.shownValues.get('wifi_psk')?.value).toBe('********')
  })
})

describe('the nodes of a base image, one after the other', () => {
  const hostnames = ['node2', 'node3', 'node4', 'node5']

  /** What `find` finds in the plan of each node, with the same overlays. */
  function inTurn<T>(files: (string | Files)[], find: (node: ReturnType<typeof planOf>) => T): T[] {
    const base = practiceBase('bookworm', [file('/srv/x/old.conf', 'x\n')])
    const overlays = overlaysOf(...files)
    return hostnames.map((hostname) => find(planOf({ base, set: { hostname }, overlays })))
  }

  it('report the same problem each', () => {
    const texts = ['[copy root/etc/a/b]\nfrom = root/etc/hostname\n', '[file root/etc/a]\n']
    const files = [texts[0] ?? '', { 'root/etc/a': 'file\n', 'overlay.ini': texts[1] ?? '' }]
    const both = ['[move root/etc/hosts]\nto = /srv/hosts\n', ...files]
    const found = inTurn(both, ({ problems }) => problems.map(({ what }) => what))
    expect(found[0]?.length).toBeGreaterThan(1)
    for (const each of found) expect(each).toEqual(found[0])
  })

  it('remove what another overlay moved, to a place of their own', () => {
    const move = '[move root/srv/x]\nto = /srv/{{hostname}}\n'
    const removal = '[remove root/srv/x/old.conf]\n'
    const expected = hostnames.map((name) => [`removal root/srv/${name}/old.conf`, 'move root/srv/x'])
    expect(inTurn([move, removal], ({ plan }) => entriesOf(plan))).toEqual(expected)
  })

  it('have an edit of what an earlier overlay wrote for each', () => {
    const first = { 'root/etc/motd.hbs': 'hello {{hostname}}\n' }
    const second = edit('root/etc/motd', 'edit = line', 'line = more')
    const texts = inTurn([first, second], ({ plan }) => contentOf(plan, 'root/etc/motd'))
    expect(texts).toEqual(hostnames.map((name) => `hello ${name}\nmore\n`))
  })
})
