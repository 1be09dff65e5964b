import { describe } from 'vitest'
import { practiceImage } from '../support/images.js'
import { testWrongInputs, type WrongInput } from '../support/wrong-inputs.js'

const own = ['build', '--profile', 'own', '--hostname', 'node3', '--image', 'BASE']

/** A profile of the user's own, in `profiles/own.ini`. */
function profile(name: string, content: string, ...says: string[]): WrongInput {
  return { name, words: own, files: { 'profiles/own.ini': content }, says: ['profiles/own.ini', ...says] }
}

const head = '[profile]\nsummary = mine\nextends = worker\n'

/** An overlay of the user's own, `overlays/own`, and a profile that uses it. */
function overlay(name: string, files: Readonly<Record<string, string>>, ...says: string[]): WrongInput {
  const inside = Object.entries(files).map(([path, content]) => [`overlays/own/${path}`, content] as const)
  return {
    name,
    words: own,
    files: { 'profiles/own.ini': `${head}overlays = own\n`, ...Object.fromEntries(inside) },
    says: ['overlays/own', ...says],
  }
}

const summary = '[overlay]\nsummary = mine\n'

const profiles: WrongInput[] = [
  profile('an empty profile', '', 'no section [profile]'),
  profile('a profile without a summary', '[profile]\nextends = worker\n', 'own.ini:1', 'summary is missing'),
  profile(
    'a key twice',
    `${head}extends = node\n`,
    'own.ini:4',
    '"extends" appears twice',
    'the first is in line 3',
  ),
  profile('a section twice', `${head}[profile]\n`, 'own.ini:4', 'section [profile] appears twice'),
  profile(
    'a key before the sections',
    'extends = worker\n[profile]\nsummary = x\n',
    'own.ini:1',
    'before the first [section]',
  ),
  profile('a line without an equals sign', `${head}overlays wifi\n`, 'own.ini:4', 'a line without "="'),
  profile(
    'an unquoted #',
    '[profile]\nsummary = mine # yours\nextends = worker\n',
    'own.ini:2',
    'must be quoted',
  ),
  profile(
    'a quote that does not end',
    '[profile]\nsummary = "mine\nextends = worker\n',
    'own.ini:2',
    'without a correct end',
  ),
  profile(
    'a section that does not end',
    '[profile\nsummary = mine\n',
    'own.ini:1',
    '"[profile" is not a section',
  ),
  profile(
    'an unknown section',
    `${head}[values]\n`,
    'own.ini:4',
    'no such section',
    '[profile] and [variables]',
  ),
  profile('an unknown key', `${head}overlay = wifi\n`, 'own.ini:4', 'no key "overlay" here', 'overlays'),
  profile('a capital in a key', `${head}Overlays = wifi\n`, 'own.ini:4', '"Overlays" is not a key'),
  profile(
    'an unknown parent',
    '[profile]\nsummary = x\nextends = wroker\n',
    'no profile "wroker"',
    'did you mean "worker"?',
  ),
  profile('itself as a parent', '[profile]\nsummary = x\nextends = own\n', 'profile "own" extends itself'),
  profile(
    'an unknown overlay',
    `${head}overlays = wfi\n`,
    'own.ini:4',
    'no overlay "wfi"',
    'did you mean "wifi"?',
  ),
  profile(
    'an unknown variable',
    `${head}[variables]\ntimezon = x\n`,
    'own.ini:5',
    'no variable "timezon"',
    'did you mean "timezone"?',
  ),
  profile(
    'a bad value',
    `${head}[variables]\naddress = 10.0.0.3\n`,
    'own.ini:5',
    '"10.0.0.3" is not an address of a host',
  ),
  profile(
    'a control character',
    `${head}[variables]\ntimezone = a\u0001b\n`,
    'own.ini:5',
    'a control character',
  ),
  profile('UTF-16', Buffer.from(head, 'utf16le').toString('latin1'), 'own.ini:1', 'a control character'),
  {
    name: 'a profile that is a folder',
    words: own,
    files: { 'profiles/own.ini/x': '' },
    says: ['no profile "own"'],
  },
]

const overlays: WrongInput[] = [
  overlay(
    'an overlay without a summary',
    { 'overlay.ini': '[overlay]\n' },
    'overlay.ini:1',
    'summary is missing',
  ),
  overlay(
    'an unknown section',
    { 'overlay.ini': `${summary}[files x]\n` },
    'overlay.ini:3',
    'no section [files x]',
  ),
  overlay(
    'a section without a name',
    { 'overlay.ini': `${summary}[file]\n` },
    'overlay.ini:3',
    'no section [file]',
  ),
  overlay(
    'settings of no file',
    { 'overlay.ini': `${summary}[file root/etc/x]\n` },
    'overlay.ini:3',
    'no file root/etc/x in this overlay',
  ),
  overlay(
    'a bad mode',
    { 'overlay.ini': `${summary}[file root/etc/x]\nmode = rw\n`, 'root/etc/x': '' },
    'overlay.ini:4',
    '"rw" is not a mode',
    '0600',
  ),
  overlay(
    'a bad owner',
    { 'overlay.ini': `${summary}[file root/etc/x]\nowner = anna\n`, 'root/etc/x': '' },
    'overlay.ini:4',
    '"anna" is not an owner',
  ),
  overlay(
    'an unknown fact',
    { 'overlay.ini': `${summary}[file root/etc/x]\nwhen = bookwurm\n`, 'root/etc/x': '' },
    'no fact, variable or list "bookwurm"',
  ),
  overlay(
    'an unknown fact in the name of a tree',
    { 'overlay.ini': summary, 'root@bookwurm/etc/x': '' },
    'no fact, variable or list "bookwurm"',
  ),
  overlay(
    'an unknown edit',
    { 'overlay.ini': `${summary}[edit x]\npath = root/etc/hosts\nedit = sed\n` },
    'overlay.ini:3',
    'no edit "sed"',
  ),
  overlay(
    'an edit without its parameter',
    { 'overlay.ini': `${summary}[edit x]\npath = root/etc/hosts\nedit = line\n` },
    'overlay.ini:3',
    'edit line needs',
  ),
  overlay(
    'a link without a target',
    { 'overlay.ini': `${summary}[link root/etc/x]\n` },
    'overlay.ini:3',
    'target is missing',
  ),
  overlay(
    'a path outside of the trees',
    { 'overlay.ini': `${summary}[link etc/x]\ntarget = y\n` },
    'overlay.ini:3',
    '"etc/x" is not a path in the image',
  ),
  overlay(
    'a path that climbs',
    { 'overlay.ini': `${summary}[link root/../x]\ntarget = y\n` },
    'overlay.ini:3',
    'points outside its tree',
  ),
  overlay(
    'a link on the boot partition',
    { 'overlay.ini': `${summary}[link boot/x]\ntarget = y\n` },
    'overlay.ini:3',
    'a link on the boot partition',
  ),
  overlay(
    'a name that FAT cannot hold',
    { 'overlay.ini': summary, 'boot/a:b': '' },
    'a character that FAT cannot hold',
  ),
  overlay(
    'two names that are one to FAT',
    { 'overlay.ini': summary, 'boot/Own.txt': '', 'boot/own.TXT': '' },
    'are the same name on FAT',
  ),
  overlay(
    'a file under the boot mount',
    { 'overlay.ini': summary, 'root/boot/firmware/x': '' },
    'is on the boot partition',
    'boot/',
  ),
  overlay(
    'a file of another overlay',
    { 'overlay.ini': summary, 'root/etc/hostname': 'x\n' },
    'overlays hostname and own both write root/etc/hostname',
    'replaces = yes',
  ),
  overlay(
    'an undeclared variable in a template',
    { 'overlay.ini': summary, 'root/etc/x.hbs': 'a\n{{speed}}\n' },
    'x.hbs:2',
    'speed',
  ),
  overlay(
    'a template that does not close',
    { 'overlay.ini': summary, 'root/etc/x.hbs': 'a\n{{hostname\n' },
    'x.hbs',
  ),
  overlay(
    'an unknown helper',
    { 'overlay.ini': summary, 'root/etc/x.hbs': '{{upper hostname}}\n' },
    'x.hbs',
    'upper',
  ),
  overlay(
    'carriage returns',
    { 'overlay.ini': summary, 'root/etc/x': 'a\r\n' },
    'root/etc/x',
    'carriage return',
  ),
  overlay(
    'a variable that nothing uses',
    { 'overlay.ini': `${summary}[variable speed]\ntype = text\nsummary = x\n` },
    'variable "speed" is declared and never used',
  ),
  overlay(
    'a variable of an unknown type',
    { 'overlay.ini': `${summary}[variable speed]\ntype = integer\nsummary = x\n`, 'root/x.hbs': '{{speed}}' },
    '"integer" is not allowed here',
  ),
  overlay(
    'a variable that the core has',
    {
      'overlay.ini': `${summary}[variable timezone]\ntype = text\nsummary = x\n`,
      'root/x.hbs': '{{timezone}}',
    },
    '"timezone"',
    'give it another name',
  ),
  overlay('a file in the place of a folder', { 'overlay.ini': summary, 'root/etc': 'x' }, 'root/etc'),
  overlay(
    'a file below a file',
    { 'overlay.ini': summary, 'root/etc/fstab/x': '' },
    'root/etc/fstab',
    'is a file in the base image',
  ),
  overlay(
    'an edit of a folder',
    { 'overlay.ini': `${summary}[edit x]\npath = root/etc/ssh\nedit = line\nline = x\n` },
    'root/etc/ssh is a directory',
    'not a text that can be edited',
  ),
  overlay(
    'a condition that is none',
    { 'overlay.ini': `${summary}[remove root/etc/x]\nwhen = bookworm, wifi\n` },
    '"bookworm," is not a condition',
  ),
  {
    name: 'a broken overlay and a broken profile at once',
    words: own,
    files: {
      'profiles/own.ini': `${head}overlays = own wfi\nsummery = x\n`,
      'overlays/own/overlay.ini': '[overlay]\nsummary = x\n[fil root/x]\n[link root/y]\n',
    },
    says: ['no overlay "wfi"', 'no key "summery"', 'no section [fil root/x]', 'target is missing'],
  },
]

// Where a file should lie as an overlay's, the place of the problem is the base image's.
const inTheImage = new Set(['a file in the place of a folder', 'a file below a file'])
const told = overlays.map((wrong) =>
  inTheImage.has(wrong.name) ? { ...wrong, says: wrong.says.slice(1) } : wrong,
)

describe('a profile', () => testWrongInputs(profiles, () => practiceImage('bookworm')))
describe('an overlay', () => testWrongInputs(told, () => practiceImage('bookworm')))
