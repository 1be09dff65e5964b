import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe } from 'vitest'
import { type Desk } from '../support/cli.js'
import { practiceImage } from '../support/images.js'
import { testWrongInputs, type WrongInput } from '../support/wrong-inputs.js'

const worker = ['build', '--profile', 'worker', '--image', 'BASE']

/** A value that `--set` must not take. */
function badValue(name: string, text: string, ...says: string[]): WrongInput {
  return { name: `--set ${name}=${text}`, extra: ['--set', `${name}=${text}`], says: [name, ...says] }
}

const commandLines: WrongInput[] = [
  { name: 'no verb', words: [], says: ['build', 'Usage: piimg'] },
  { name: 'an unknown verb', words: ['biuld'], says: ["unknown command 'biuld'", 'Did you mean build?'] },
  {
    name: 'an unknown option',
    extra: ['--hostnmae', 'x'],
    says: ["unknown option '--hostnmae'", '--hostname'],
  },
  { name: 'an option without its value', extra: ['--set'], says: ['--set', 'argument missing'] },
  { name: 'an argument too much', extra: ['node4'], says: ['too many arguments', 'piimg --help'] },
  { name: 'render without a path', words: ['render', 'node3'], says: ["missing required argument 'path'"] },
  {
    name: 'list of something else',
    words: ['list', 'nodes'],
    says: ["'nodes'", 'profiles, overlays, variables'],
  },
  {
    name: 'no profile',
    words: ['build', '--hostname', 'node3', '--image', 'BASE'],
    says: ['--profile: no profile is given', 'hint: choose the kind of node: --profile worker'],
  },
  {
    name: 'no hostname',
    words: worker,
    says: ['--hostname: no hostname is given', 'hint: give its name: --hostname node3'],
  },
  {
    name: 'neither',
    words: ['build'],
    says: ['--profile: no profile is given', '--hostname: no hostname is given', 'no base image is given'],
  },
  {
    name: 'an unknown profile',
    words: ['build', '--profile', 'worke', '--hostname', 'node3', '--image', 'BASE'],
    says: ['no profile "worke"', 'did you mean "worker"?'],
  },
  {
    name: 'a profile far from any',
    words: ['build', '--profile', 'zzzzzzzzz', '--hostname', 'node3', '--image', 'BASE'],
    says: ['no profile "zzzzzzzzz"', 'known are master, node, worker'],
  },
  {
    name: 'an empty profile',
    words: ['build', '--profile', '', '--hostname', 'node3', '--image', 'BASE'],
    says: ['--profile', 'hint:'],
  },
  {
    name: 'a profile with a path',
    words: ['build', '--profile', '../worker', '--hostname', 'node3', '--image', 'BASE'],
    says: ['no profile "../worker"'],
  },
  {
    name: 'a hostname with capitals',
    words: [...worker, '--hostname', 'Node3'],
    says: ['--hostname', '"Node3" is not a hostname', 'RFC 1123'],
  },
  {
    name: 'a hostname with a path',
    words: [...worker, '--hostname', '../../etc/x3'],
    says: ['--hostname', '"../../etc/x3" is not a hostname'],
  },
  {
    name: 'an empty hostname',
    words: [...worker, '--hostname', ''],
    says: ['--hostname: the name is empty'],
  },
  {
    name: 'a hostname of 64 letters',
    words: [...worker, '--hostname', `${'n'.repeat(63)}3`],
    says: ['not a hostname'],
  },
  {
    name: 'localhost',
    words: [...worker, '--hostname', 'localhost'],
    says: ['"localhost" is not a hostname'],
  },
  {
    name: 'a hostname twice',
    words: [...worker, '--hostname', 'node3', '--hostname', 'node2..node4'],
    says: ['node3 is given twice'],
  },
  {
    name: 'a range backwards',
    words: [...worker, '--hostname', 'node9..node2'],
    says: ['"node9..node2" is not a range', 'write node2..node9'],
  },
  {
    name: 'a range of a million',
    words: [...worker, '--hostname', 'node1..node1000000'],
    says: ['not a range'],
  },
  {
    name: 'a hostname without a number',
    words: [...worker, '--hostname', 'kitchen'],
    says: ['"kitchen" has no number', 'give it an address'],
  },
  {
    name: 'a number outside the network',
    words: [...worker, '--hostname', 'node300'],
    says: ['number 300 of "node300" is not a host address in 10.0.0.0/24'],
  },
  {
    name: "the master's number",
    words: [...worker, '--hostname', 'node1'],
    says: ["10.0.0.1 is the gateway's address", 'number the workers from node2'],
  },
  {
    name: 'a hostname by both ways',
    extra: ['--set', 'hostname=node4'],
    says: ['the hostname is given twice', 'use --hostname alone'],
  },
  {
    name: 'one address for two nodes',
    words: [...worker, '--hostname', 'node2..node3', '--set', 'address=10.0.0.9/24'],
    says: ['one address for 2 nodes'],
  },
  {
    name: 'one file for two nodes',
    words: [...worker, '--hostname', 'node2..node3', '-o', 'card.img'],
    says: ['one file for 2 nodes', 'give a folder'],
  },
  {
    name: '--set without a value',
    extra: ['--set', 'timezone'],
    says: ['a value without a name', '--set name=value'],
  },
  { name: '--set with an empty value', extra: ['--set', 'timezone='], says: ['timezone is empty'] },
  { name: '--set without a name', extra: ['--set', '=x'], says: ['--set', 'hint:'] },
  {
    name: 'an unknown variable',
    extra: ['--set', 'timezon=Europe/Prague'],
    says: ['no variable "timezon"', 'did you mean "timezone"?'],
  },
  {
    name: 'a variable of the language',
    extra: ['--set', 'constructor=x', '--set', '__proto__=x'],
    says: ['no variable "constructor"', 'no variable "__proto__"'],
  },
  {
    name: 'a variable twice',
    extra: ['--set', 'timezone=Europe/Prague', '--set', 'timezone=Europe/London'],
    says: ['timezone is given twice'],
  },
  {
    name: '--set-file of no file',
    extra: ['--set-file', 'wifi_psk=nothing'],
    says: ['--set-file wifi_psk', 'nothing', 'give a text file'],
  },
  {
    name: '--set-file of an empty file',
    extra: ['--set-file', 'wifi_psk=empty'],
    files: { empty: '\n' },
    says: ['--set-file wifi_psk: empty is empty'],
  },
  {
    name: '--set-file of a folder',
    extra: ['--set-file', 'wifi_psk=.'],
    says: ['--set-file wifi_psk', 'give a text file'],
  },
  {
    name: 'a render of a file that is not planned',
    words: ['render', 'node3', 'root/etc/hostnam', '--profile', 'worker', '--image', 'BASE'],
    says: ['has no file root/etc/hostnam', 'did you mean "root/etc/hostname"?'],
  },
]

const values: WrongInput[] = [
  badValue('address', '10.0.0.3', '"10.0.0.3" is not an address of a host', 'write 10.0.0.3/24, or dhcp'),
  badValue('address', '10.0.0.0/24', 'not an address of a host'),
  badValue('address', '10.0.0.255/24', 'not an address of a host'),
  badValue('address', '10.0.0.300/24', 'not an address of a host'),
  badValue('address', '010.0.0.3/24', 'not an address of a host'),
  badValue('authorized_keys', 'no-such.pub', 'no file no-such.pub'),
  badValue('authorized_keys', 'ssh-rsa AAAA me', 'is not an ssh public key'),
  badValue('authorized_keys', '-----BEGIN OPENSSH PRIVATE KEY-----', 'a private key', 'public half'),
  badValue('board', 'pi9', 'no board "pi9"', 'boards are'),
  badValue('board', 'pi2', 'pi2 does not run arm64'),
  badValue('boot_config', `dtparam=${'x'.repeat(98)}`, 'is not a line of config.txt', '98 characters'),
  badValue('boot_config', 'dtparam=é', 'ASCII'),
  badValue('dns', '1.1.1.1, ns.example', '"ns.example" is not an IPv4 address'),
  badValue('domain', 'cluster.local', 'multicast DNS', 'RFC 6762'),
  badValue('domain', 'Cluster', 'is not a domain', 'cluster.internal'),
  badValue('gateway', 'master', '"master" is not an IPv4 address', 'or write none'),
  badValue('gateway', '192.168.1.1', '192.168.1.1 cannot be reached from 10.0.0.3/24'),
  badValue('interface', 'a-network-interface', 'is not a network interface', '15 characters'),
  badValue('interface', '../eth0', 'is not a network interface'),
  badValue('kernel_args', 'say="hello"', 'is not a word of the kernel command line'),
  badValue('keyboard', 'English', 'is not a keyboard layout', 'gb, us, de'),
  badValue('keyboard', 'xx', 'has no keyboard layout xx'),
  badValue('locale', 'de', '"de" is not a UTF-8 locale', 'en_GB.UTF-8'),
  badValue('network', '10.0.0.1/24', 'the network is 10.0.0.0/24'),
  badValue('network', '10.0.0.0/31', '/31 is not a size for a cluster'),
  badValue('network', 'home', '"home" is not a network', 'write 10.0.0.0/24'),
  badValue('ssh_password_login', 'maybe', '"maybe" is neither yes nor no'),
  badValue('wifi_hidden', 'maybe', '"maybe" is neither yes nor no', 'write yes or no'),
  badValue('timezone', 'Mars/Olympus', 'has no time zone Mars/Olympus', 'Europe/London'),
  badValue('timezone', '../../etc/passwd', 'is not a time zone'),
  badValue('user', 'root', '"root" is not a name for the user'),
  badValue('user', 'Anna', 'use small letters: anna'),
  badValue('user', 'daemon', '"daemon" is a user of the system already', 'choose another name'),
  badValue('user', 'sudo', '"sudo" is a group of the system already'),
  badValue('user_groups', 'adm\nroot', 'a control character'),
  badValue('wifi_country', 'England', '"England" is not a country', 'ISO 3166'),
  badValue('wifi_psk', '1234567', 'not a WPA password', '8 to 63'),
  badValue('wifi_psk', 'correct horse', 'wifi_psk is set, but wifi_ssid is not'),
  badValue('wifi_ssid', 'home', 'Wi-Fi stays off until wifi_country is set'),
  badValue('wifi_ssid', 'x'.repeat(33), '1 to 32 bytes, not 33'),
  badValue('password_hash', 'raspberry', 'a plain-text password is not accepted', 'openssl passwd -6'),
  badValue('password_hash', '$1$salt$qJH7.N4xYta3aEG/dfqo/0', 'not a password hash of crypt(5)'),
]

const environments: WrongInput[] = [
  {
    name: 'PIIMG_CACHE=/proc/nothing',
    words: ['build', '--profile', 'worker', '--hostname', 'node3', '--image', 'base.gz'],
    files: { 'base.gz': gzipSync('no image') },
    env: { PIIMG_CACHE: '/proc/nothing' },
    exitCode: 1,
    says: ['could not use the cache /proc/nothing/base', 'set PIIMG_CACHE to a folder that you own'],
  },
  {
    name: 'PIIMG_CACHE with a file in the place of base',
    words: ['build', '--profile', 'worker', '--hostname', 'node3', '--image', 'base.gz'],
    files: { 'base.gz': gzipSync('no image'), 'cache/base': 'mine' },
    env: { PIIMG_CACHE: 'cache' },
    exitCode: 1,
    says: ['could not use the cache', 'EEXIST', 'set PIIMG_CACHE to a folder that you own'],
  },
  {
    name: 'SOURCE_DATE_EPOCH=abc',
    env: { SOURCE_DATE_EPOCH: 'abc' },
    says: ['environment SOURCE_DATE_EPOCH', '"abc" is not a time', 'seconds since 1970'],
  },
  { name: 'SOURCE_DATE_EPOCH=-1', env: { SOURCE_DATE_EPOCH: '-1' }, says: ['"-1" is not a time'] },
  { name: 'SOURCE_DATE_EPOCH after 2106', env: { SOURCE_DATE_EPOCH: '4294967296' }, says: ['is not a time'] },
  {
    name: 'a cluster.json that is not JSON',
    files: { '.piimg/cluster.json': '{' },
    says: ['.piimg/cluster.json', 'not a file that piimg wrote', 'backup'],
  },
  {
    name: 'a cluster.json without an id',
    files: { '.piimg/cluster.json': '{"builtAt": 1}' },
    says: ['.piimg/cluster.json', 'not a file that piimg wrote'],
  },
  {
    name: 'a cluster.json with a bad time',
    files: { '.piimg/cluster.json': '{"id":"3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10","builtAt":-1}' },
    says: ['.piimg/cluster.json', 'not a file that piimg wrote'],
  },
  {
    name: 'a damaged login key',
    files: {
      '.piimg/cluster.json': '{"id":"3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10","builtAt":1767225600}',
      '.piimg/id_ed25519': 'x',
    },
    says: ['.piimg/id_ed25519', 'this is not a private key'],
  },
  {
    name: 'a damaged key of the authority',
    files: {
      '.piimg/cluster.json': '{"id":"3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10","builtAt":1767225600}',
      '.piimg/ca': 'x',
    },
    says: [
      '.piimg/ca',
      "not the key of the cluster's certificate authority",
      'build and write every card again',
    ],
  },
  ...['cluster.json', 'ca', 'id_ed25519', 'nodes/node2.json'].map((name) => ({
    name: `a .piimg/${name} that may not be read`,
    spawned: true as const,
    files: {
      '.piimg/cluster.json': '{"id":"3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10","builtAt":1767225600}',
      [`.piimg/${name}`]: 'x',
    },
    arrange: ({ folder }: Desk) => chmodSync(join(folder, '.piimg', name), 0),
    says: [`.piimg/${name}`, /hint: ./],
  })),
  {
    name: 'a .piimg that is a file',
    files: { '.piimg': 'mine' },
    says: ['.piimg: this is not a folder', 'move it away'],
  },
]

const several: WrongInput[] = [
  {
    name: 'six problems at once, and reports all',
    extra: [
      '--set',
      'timezone=x y',
      '--set',
      'locale=de',
      '--set',
      'nonsense=1',
      '--set',
      'wifi_psk=short',
      '-o',
      'nowhere/x.img',
      '--set',
      'user=Anna',
    ],
    says: [
      'time zone',
      'UTF-8 locale',
      'no variable "nonsense"',
      'WPA password',
      'name for the user',
      'there is no folder',
    ],
  },
  {
    name: 'an unknown profile beside a bad value and a bad image',
    words: [
      'build',
      '--profile',
      'leader',
      '--hostname',
      'Node3',
      '--set',
      'address',
      '--image',
      'nothing.img',
    ],
    says: [
      'no profile "leader"',
      'a value without a name',
      'no file nothing.img',
      '"Node3" is not a hostname',
    ],
  },
  {
    name: 'an unknown profile beside values that no overlay takes',
    words: ['build', '--profile', 'leader', '--hostname', 'kitchen', '--image', 'BASE'],
    extra: ['--set', 'wifi_county=GB', '--set', 'ssh_password_login=maybe', '--set', 'dns=x'],
    says: [
      'no variable "wifi_county"',
      'neither yes nor no',
      'not an IPv4 address',
      '"kitchen" has no number',
    ],
  },
  {
    name: 'a .piimg that is a file beside a bad time zone and a wrong output',
    extra: ['--set', 'timezone=Mars/Olympus', '-o', 'nowhere/x.img'],
    files: { '.piimg': 'mine' },
    says: [
      'this is not a folder',
      'command line --set timezone: the base image has no time zone',
      'there is no folder',
    ],
  },
]

describe('a command line', () => testWrongInputs(commandLines, () => practiceImage('bookworm')))
describe('a value', () => testWrongInputs(values, () => practiceImage('bookworm')))
describe('an environment', () => testWrongInputs(environments, () => practiceImage('bookworm')))
describe('several', () => testWrongInputs(several, () => practiceImage('bookworm')))
