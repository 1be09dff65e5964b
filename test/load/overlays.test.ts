import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseCondition, parseConditions } from '../../builder/load/conditions.js'
import { loadOverlay } from '../../builder/load/overlays.js'
import type { Problem } from '../../builder/model/problem.js'
import { temporaryFolder } from '../support/temporary.js'

const head = '[overlay]\nsummary = For a test\n'

function load(ini: string, files: Readonly<Record<string, string | Buffer>> = {}) {
  const folder = temporaryFolder({ 'overlay.ini': head + ini, ...files })
  return { folder, ...loadOverlay('test', folder) }
}

function loaded(ini: string, files: Readonly<Record<string, string | Buffer>> = {}) {
  const { overlay, problems } = load(ini, files)
  expect(problems).toEqual([])
  return overlay
}

function problemsOf(ini: string, files: Readonly<Record<string, string | Buffer>> = {}): string[] {
  const { folder, problems } = load(ini, files)
  return problems.map(
    ({ where, what }) => `${where.file.replace(`${folder}/`, '')}:${where.line ?? ''} ${what}`,
  )
}

describe('an overlay', () => {
  it('has a name and a summary, and may have nothing else', () => {
    expect(loaded('')).toMatchObject({ name: 'test', summary: 'For a test', items: [], variables: [] })
  })

  it('declares variables', () => {
    expect(loaded('[variable colour]\ntype = switch\nsummary = x\ndefault = no\n').variables).toMatchObject([
      {
        name: 'colour',
        type: 'switch',
        summary: 'x',
        default: 'no',
        origin: { line: 3, key: '[variable colour]' },
      },
    ])
  })

  it('has items of every kind, with their standard modes and owners', () => {
    const ini = [
      '[directory root/a]',
      '[link root/b]\ntarget = /c',
      '[remove root/d]',
      '[move root/e]\nto = /f',
      '[copy root/g]\nfrom = root/h',
      '[edit i]\npath = boot/j\nedit = line\nline = k',
    ].join('\n\n')
    const [directory, link, removal, move, copy, edit] = loaded(ini).items
    expect(directory).toMatchObject({ kind: 'directory', partition: 'root', mode: 0o755, owner: 'root' })
    expect(link).toMatchObject({
      kind: 'link',
      path: { text: '/b' },
      target: { text: '/c' },
      replaces: false,
    })
    expect(removal).toMatchObject({ kind: 'removal', path: { text: '/d' } })
    expect(move).toMatchObject({ kind: 'move', path: { text: '/e' }, to: { text: '/f' } })
    expect(copy).toMatchObject({ kind: 'copy', mode: 0o644, owner: 'root', from: { text: 'root/h' } })
    expect(edit).toMatchObject({
      kind: 'edit',
      partition: 'boot',
      edit: 'line',
      parameters: { line: { text: 'k' } },
    })
    expect(edit).not.toHaveProperty('create')
  })

  it('has files first, in the order of their names, then what overlay.ini says', () => {
    const { items } = loaded('[remove root/z]\n', { 'root/b': '', 'root/a': '', 'boot/c.hbs': 'x' })
    expect(items.map(({ kind, path }) => `${kind} ${path.text}`)).toEqual([
      'file /c',
      'file /a',
      'file /b',
      'removal /z',
    ])
  })

  it('never takes modes from the disk', () => {
    const folder = temporaryFolder({ 'overlay.ini': head, 'root/run.sh': 'x' })
    chmodSync(join(folder, 'root/run.sh'), 0o777)
    expect(loadOverlay('test', folder).overlay.items).toMatchObject([{ mode: 0o644, owner: 'root' }])
  })

  it('says of files what the disk does not', () => {
    const ini = '[file root/a]\nmode = 0600\nowner = 1:2\nreplaces = yes\nwhen = static !debian\n'
    expect(loaded(ini, { 'root/a.hbs': 'x' }).items).toMatchObject([
      {
        path: { text: '/a' },
        mode: 0o600,
        owner: '1:2',
        replaces: true,
        when: [[{ name: 'static' }, { name: 'debian', negated: true }]],
      },
    ])
  })

  it('has trees for facts, whose files keep the conditions of both', () => {
    const files = { 'root@dhcpcd/a': '', 'root@!trixie+arm64/a': '', 'boot@debian/b': '' }
    const when = loaded('[file root/a]\nwhen = static\n', files).items.map((item) =>
      item.when.flat().map(({ name, negated }) => (negated ? `!${name}` : name)),
    )
    expect(when).toEqual([['debian'], ['!trixie', 'arm64', 'static'], ['dhcpcd', 'static']])
  })

  it('passes by what systems and git leave in folders', () => {
    expect(loaded('', { 'root/.gitkeep': '', 'root/a/.DS_Store': '' }).items).toEqual([])
  })

  it('keeps bytes as they are, and templates as text', () => {
    const bytes = Buffer.from([0, 13, 10, 255])
    const { items } = loaded('', { 'root/a': bytes, 'root/b.hbs': '{{hostname}}' })
    expect(items).toMatchObject([{ content: bytes }, { content: { text: '{{hostname}}' } }])
  })

  it('takes the text of a block from a template beside overlay.ini', () => {
    const ini = '[edit a]\npath = root/x\nedit = block\nname = n\ntemplate = my-block.hbs\n'
    expect(loaded(ini, { 'my-block.hbs': 'text\n' }).items).toMatchObject([
      {
        parameters: {
          template: { text: 'text\n', origin: { file: expect.stringMatching(/my-block\.hbs$/) as string } },
        },
      },
    ])
  })

  it('makes files by edits with the mode that it says', () => {
    const ini = '[edit a]\npath = root/x\nedit = text\ntext = y\ncreate = yes\nmode = 600\nowner = user\n'
    expect(loaded(ini).items).toMatchObject([{ create: { mode: 0o600, owner: 'user' } }])
  })

  it('appends, requires and warns', () => {
    const ini =
      '[append a]\nvariable = dns\nvalue = 9.9.9.9\n\n[require b]\npath = root/c\nwhat = d\nhint = e\n\n[warn f]\nwhat = g\nwhen = static\n'
    const { appends, requirements } = loaded(ini)
    expect(appends).toMatchObject([{ variable: 'dns', value: { text: '9.9.9.9' }, when: [] }])
    expect(requirements).toMatchObject([
      { severity: 'error', path: { text: 'root/c' }, what: { text: 'd' }, hint: { text: 'e' } },
      { severity: 'warning', what: { text: 'g' }, when: [[{ name: 'static' }]] },
    ])
  })
})

describe('an overlay is wrong', () => {
  it('with a carriage return in a text', () => {
    expect(problemsOf('', { 'root/a': 'x\r\n', 'root/b.hbs': 'y\r\n' })).toEqual([
      'root/a: a carriage return in a text file',
      'root/b.hbs: a carriage return in a text file',
    ])
  })

  it('with a link in a tree', () => {
    const folder = temporaryFolder({ 'overlay.ini': head, 'root/a': '' })
    symlinkSync('a', join(folder, 'root/b'))
    const what = loadOverlay('test', folder).problems.map((problem: Problem) => problem.what)
    expect(what).toEqual(['neither a file nor a folder'])
  })

  it.each([
    ['[file root/none]\n', 'overlay.ini:3 no file root/none in this overlay'],
    ['[delete root/a]\n', 'overlay.ini:3 no section [delete root/a]'],
    ['[remove]\n', 'overlay.ini:3 no section [remove]'],
    ['[constructor a]\n', 'overlay.ini:3 no section [constructor a]'],
    ["[remove root/a]\nline = '('\n", 'overlay.ini:4 Invalid regular expression: /(/m: Unterminated group'],
    ['[remove etc/a]\n', 'overlay.ini:3 "etc/a" is not a path in the image'],
    ['[remove root/a]\nmode = 0600\n', 'overlay.ini:4 no key "mode" here'],
    ['[link root/a]\n', 'overlay.ini:3 target is missing'],
    ['[link root/a]\ntarget = b\nreplaces = true\n', 'overlay.ini:5 "true" is not allowed here'],
    ['[directory root/a]\nmode = 99\n', 'overlay.ini:4 "99" is not a mode'],
    ['[directory root/a]\nowner = pi\n', 'overlay.ini:4 "pi" is not an owner'],
    ['[variable Big]\ntype = text\nsummary = x\n', 'overlay.ini:3 "Big" is not a name'],
    ['[variable a]\ntype = toString\nsummary = x\n', 'overlay.ini:4 "toString" is not allowed here'],
    ['[remove root/a]\nwhen = A\n', 'overlay.ini:4 "A" is not a condition'],
    [
      '[edit a]\npath = root/x\nedit = block\nname = n\ntemplate = /etc/passwd\n',
      'overlay.ini:7 no template "/etc/passwd": not a template next to overlay.ini',
    ],
  ])('with %j', (ini, problem) => {
    expect(problemsOf(ini)).toEqual([problem])
  })

  it.each(['Root/etc/a', 'root@/etc/a', 'rot/etc/a'])('with a file %s, which belongs to no tree', (name) => {
    expect(problemsOf('', { [name]: 'x' })).not.toEqual([])
  })
})

describe('a condition', () => {
  it.each([
    ['static', { name: 'static', negated: false }],
    ['!static', { name: 'static', negated: true }],
    ['interface=eth0', { name: 'interface', equals: 'eth0', negated: false }],
    ['!interface=a=b', { name: 'interface', equals: 'a=b', negated: true }],
  ])('%s', (word, condition) => {
    expect(parseCondition(word)).toEqual(condition)
  })

  it('is one of several words, in any lines', () => {
    const problems: Problem[] = []
    const text = 'static  !debian\ninterface=eth0'
    expect(parseConditions({ text, origin: { file: 'a' } }, problems).flat()).toHaveLength(3)
    expect(parseConditions({ text: 'a b|c', origin: { file: 'a' } }, problems)).toHaveLength(2)
    expect(parseConditions(undefined, problems)).toEqual([])
    expect(problems).toEqual([])
  })

  it.each(['A', '!', '=x', 'a=', 'a-b', '!!a'])('is not %s', (text) => {
    const problems: Problem[] = []
    parseConditions({ text, origin: { file: 'a' } }, problems)
    expect(problems.map(({ what }) => what)).toEqual([`"${text}" is not a condition`])
  })
})
