import type { Origin } from '../../builder/model/problem.js'
import { describe, expect, it } from 'vitest'
import { type NodeOptions, readCommandLine } from '../../builder/load/command-line.js'
import { expandKeyPaths } from '../../builder/load/key-paths.js'
import { placeOf } from '../support/place.js'
import { problemText } from '../support/problem-text.js'
import { temporaryFolder } from '../support/temporary.js'

function read(options: NodeOptions) {
  const { given, hostnames, problems } = readCommandLine(options, placeOf())
  return {
    given: given.map(({ name, text }) => [name, text]),
    hostnames,
    problems: problems.map(({ what }) => what),
  }
}

describe('--hostname', () => {
  it('is names and ranges', () => {
    expect(read({ hostname: ['node1', 'node3..node5'] }).hostnames).toEqual([
      'node1',
      'node3',
      'node4',
      'node5',
    ])
  })

  it.each([
    [
      ['node3', 'node2..node4', 'node4'],
      ['node3 is given twice', 'node4 is given twice'],
    ],
    [['node4..node2'], ['"node4..node2" is not a range']],
    [[''], ['the name is empty']],
  ])('may not be %j', (hostname, problems) => {
    expect(read({ hostname }).problems).toEqual(problems)
  })

  it('may be set as a variable, but not both', () => {
    expect(read({ set: ['hostname=node7'] })).toEqual({ given: [], hostnames: ['node7'], problems: [] })
    expect(read({ hostname: ['node3'], set: ['hostname=node7'] }).problems).toEqual([
      'the hostname is given twice',
    ])
  })
})

describe('--set', () => {
  it('is a name and a value, which may hold anything', () => {
    expect(read({ set: ['a=1', 'b= x=y\nz '] }).given).toEqual([
      ['a', '1'],
      ['b', ' x=y\nz '],
    ])
  })

  it('may be an empty Wi-Fi password: an open network', () => {
    expect(read({ set: ['wifi_psk='] })).toMatchObject({ given: [['wifi_psk', '']], problems: [] })
    const file = `${temporaryFolder({ psk: '\n' })}/psk`
    expect(read({ setFile: [`wifi_psk=${file}`] }).problems).toEqual([`${file} is empty`])
    expect(read({ set: ['wifi_ssid='] }).problems).toEqual(['wifi_ssid is empty'])
  })

  it('without a name does not repeat the value, which may be a secret', () => {
    const { problems } = readCommandLine({ set: ['hunter2'], setFile: ['hunter2'] }, placeOf())
    expect(problems.map(({ what }) => what)).toEqual(['a value without a name', 'a value without a name'])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('without a value is a mistake', () => {
    expect(problemText(readCommandLine({ set: ['timezone='] }, placeOf()).problems)).toEqual([
      'error: command line --set timezone: timezone is empty',
      '  hint: leave the option out to use the default',
    ])
  })
})

describe('--set-file', () => {
  it('is the text of a file, without its last line end', () => {
    const folder = temporaryFolder({ psk: ' a b \n', crlf: 'x\r\n', two: 'x\n\n' })
    const setFile = ['psk', 'crlf', 'two'].map((name) => `${name}=${folder}/${name}`)
    expect(read({ setFile }).given).toEqual([
      ['psk', ' a b '],
      ['crlf', 'x'],
      ['two', 'x\n'],
    ])
  })

  it('of an empty file is a mistake, and gives nothing', () => {
    const file = `${temporaryFolder({ psk: '\n' })}/psk`
    expect(read({ setFile: [`psk=${file}`] })).toEqual({
      given: [],
      hostnames: [],
      problems: [`${file} is empty`],
    })
  })

  it('of no file is a mistake, and gives nothing', () => {
    const { given, problems } = read({ setFile: ['psk=/no/such/file', 'empty='] })
    expect(given).toEqual([])
    expect(problems).toEqual([
      expect.stringMatching('^/no/such/file cannot be read: ENOENT'),
      'empty is empty',
    ])
  })
})

describe('a path to a public key', () => {
  const expand = (given: string, origin: Origin = { file: 'command line' }) => {
    const { text, problems } = expandKeyPaths(given, origin, placeOf())
    return { text, problems: problems.map(({ what }) => what) }
  }

  it('is replaced by the content of its file, also among keys', () => {
    const folder = temporaryFolder({ 'id.pub': 'ssh-ed25519 AAAA me\n' })
    expect(expand(`${folder}/id.pub\nssh-rsa AAAA x`)).toEqual({
      text: 'ssh-ed25519 AAAA me\nssh-rsa AAAA x',
      problems: [],
    })
  })

  it('of no file is a mistake', () => {
    expect(expand('/no/such.pub').problems).toEqual(['no file /no/such.pub'])
    expect(expand('/').problems).toEqual(['no file /'])
  })

  it('is relative to the file that names it', () => {
    const folder = temporaryFolder({ 'keys/id.pub': 'ssh-ed25519 AAAA me\n' })
    const origin = { file: `${folder}/worker.ini`, line: 3 }
    expect(expand('keys/id.pub', origin)).toEqual({ text: 'ssh-ed25519 AAAA me', problems: [] })
  })

  it('may hold a space', () => {
    const folder = temporaryFolder({ 'my keys/id.pub': 'ssh-ed25519 AAAA me\n' })
    expect(expand(`${folder}/my keys/id.pub`).text).toBe('ssh-ed25519 AAAA me')
  })
})
