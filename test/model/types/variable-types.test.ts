import { describe, expect, it } from 'vitest'
import { isRefusal } from '../../../builder/model/types/refusal.js'
import { type VariableType, variableTypes } from '../../../builder/model/types/variable-types.js'
import { plain, type Value } from '../../../builder/model/value.js'

const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'
const chars = (letter: string, count: number) => letter.repeat(count)

/** Texts that a type takes as they are. */
const taken: Readonly<Record<VariableType, readonly string[]>> = {
  address: ['dhcp', '10.0.0.3/24', '10.0.0.1/8', '10.0.0.1/30', '10.0.0.254/24'],
  board: ['pi4', 'zero2w', 'cm5', 'pi2', 'pi2-1.2', 'pi3b+'],
  'config-lines': [],
  country: ['GB', 'CZ'],
  domain: ['cluster.internal', 'a', 'x-1.example', `${chars('a', 63)}.b`, 'local.example', 'mylocal'],
  gateway: ['none', '10.0.0.1'],
  hostname: ['node3', 'a', '3', 'a-b', chars('a', 63)],
  interface: ['eth0', 'end0', 'enx0123456789ab', 'br-a_b'],
  ipv4: ['10.0.0.1'],
  'ipv4-list': [],
  'ipv4-range': ['none', '10.0.0.2-10.0.0.64', '10.0.0.2-10.0.0.2'],
  'kernel-args': [],
  keyboard: ['gb', 'us', 'de', 'latam', 'nec_vndr', 'us,ru'],
  lease: ['2m', '45m', '1h', '12h', '9999h', 'infinite'],
  lines: [],
  locale: ['C.UTF-8', 'en_GB.UTF-8', 'ca_ES.UTF-8@valencia', 'eo.UTF-8'],
  mac: ['dc:a6:32:01:02:03'],
  network: ['10.0.0.0/24', '10.0.0.0/8', '192.168.5.0/30', '203.0.113.0/24'],
  number: ['0', '120', '999999999'],
  packages: [],
  'password-hash': [
    `$6$salt$${chars('a', 86)}`,
    `$6$rounds=5000$salt$${chars('a', 86)}`,
    `$5$salt$${chars('a', 43)}`,
    `$y$j9T$salt$${chars('a', 43)}`,
    `$2b$12$${chars('a', 53)}`,
  ],
  ports: [],
  psk: ['8 chars!', chars('~', 63), chars('aF', 32), ' a"b\\c# ', 'passwörd', chars('é', 31)],
  routes: [],
  secret: ['a', 'Zm9v+/==', 'two words', 'é'],
  serial: ['abcdef01'],
  'ssh-keys': [],
  ssid: ['a', '0x436166e9', `0x${'e9'.repeat(32)}`, 'Home Net', chars('x', 32), chars('é', 16), ' #;"\\ '],
  switch: [],
  text: ['', 'any text', 'žluť 😀 "\\#'],
  topology: ['routed', 'flat', 'backbone'],
  timezone: ['UTC', 'Europe/London', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'EST5EDT'],
  url: ['http://10.0.0.1:3142', 'https://mirror.example/debian/', 'http://[fe80::1]:80/a_b~c'],
  username: ['pi', 'a', 'a-1', 'a_b', 'a1_-', 'x9', chars('a', 31)],
  usernames: [],
  variant: ['', 'dvorak', ',phonetic', 'nodeadkeys,', 'mac-iso'],
  words: [],
}

/** Texts that become something else. */
const changed: readonly (readonly [VariableType, string, Value])[] = [
  ['country', 'gb', 'GB'],
  ['ipv4-list', '9.9.9.9', ['9.9.9.9']],
  ['ipv4-list', ' 9.9.9.9, 1.1.1.1\n8.8.8.8 ', ['9.9.9.9', '1.1.1.1', '8.8.8.8']],
  ['ipv4-range', '10.0.0.2 - 10.0.0.64', '10.0.0.2-10.0.0.64'],
  ['config-lines', ' a=1 \n\n[pi4]\n', ['a=1', '[pi4]']],
  ['config-lines', chars('x', 98), [chars('x', 98)]],
  ['lines', ' maxmemory 64mb \n\né\n', ['maxmemory 64mb', 'é']],
  ['ports', 'tcp/80, udp/5000-5010\ntcp/65535', ['tcp/80', 'udp/5000-5010', 'tcp/65535']],
  ['packages', ' tcpdump, g++\nlibstdc++6 ', ['tcpdump', 'g++', 'libstdc++6']],
  ['kernel-args', ' a=1\n b  !#$%&~ ', ['a=1', 'b', '!#$%&~']],
  ['words', ' "a"\n é ', ['"a"', 'é']],
  ['routes', '10.0.2.0/24 via 10.0.0.254', ['10.0.2.0/24 via 10.0.0.254']],
  [
    'routes',
    ' 10.0.2.0/24  via 10.0.0.254\n10.1.0.0/16 via 10.0.0.253, 10.9.9.9/32 via 10.0.0.254 ',
    ['10.0.2.0/24 via 10.0.0.254', '10.1.0.0/16 via 10.0.0.253', '10.9.9.9/32 via 10.0.0.254'],
  ],
  ['switch', 'yes', true],
  ['switch', 'on', true],
  ['switch', 'true', true],
  ['switch', 'no', false],
  ['switch', 'off', false],
  ['switch', 'false', false],
  ['ssh-keys', ed25519, [ed25519]],
  ['ssh-keys', `no-pty ${ed25519}`, [`no-pty ${ed25519}`]],
  ['usernames', ' backup, git ', ['backup', 'git']],
  ['mac', 'DC-A6-32-01-02-03', 'dc:a6:32:01:02:03'],
  ['serial', '10000000ABCDEF01', 'abcdef01'],
  ['serial', '0xabcdef01', 'abcdef01'],
  [
    'ssh-keys',
    `# mine\n\n${ed25519} me@home\r\n${ed25519} other\n`,
    [`${ed25519} me@home`, `${ed25519} other`],
  ],
]

const refused: Readonly<Record<VariableType, readonly string[]>> = {
  address: [
    '',
    'DHCP',
    '10.0.0.3',
    '10.0.0.0/24',
    '10.0.0.255/24',
    '10.0.0.3/7',
    '10.0.0.2/31',
    '10.0.0.1/32',
    '10.0.0.1/33',
    '10.0.0.256/24',
    '010.0.0.3/24',
    '10.0.0/24',
    '::1/64',
    ' 10.0.0.3/24',
  ],
  board: ['', 'pi6', 'PI4', 'constructor', 'toString'],
  'config-lines': [chars('x', 99), 'ä', 'a\tb'],
  country: ['', 'G', 'GBR', 'G1', 'ČR', 'UK', 'EU', 'XX', 'ZZ'],
  domain: [
    '',
    'local',
    'home.local',
    '.a',
    'a.',
    'a..b',
    'A.b',
    '-a.b',
    'a-.b',
    `${chars('a', 64)}.b`,
    chars('a.', 101) + 'a',
    'a b',
  ],
  gateway: ['', '10.0.0', 'dhcp', '10.0.0.1/24', '10.0.0.300'],
  hostname: ['', 'Node3', 'node_3', 'a.b', '-a', 'a-', chars('a', 64), 'localhost', 'a b', 'nöde'],
  interface: ['', 'Eth0', '0eth', 'a/b', chars('a', 16), 'eth 0', '..'],
  ipv4: ['', 'none', '10.0.0', '10.0.0.1/24'],
  'ipv4-range': ['', '10.0.0.2', '10.0.0.9-10.0.0.2', '10.0.0.2-64', '10.0.0.2-10.0.0.3-10.0.0.4'],
  'ipv4-list': ['10.0.0', '10.0.0.1 x'],
  'kernel-args': ['a"b', 'ä'],
  keyboard: ['', 'g', 'GB', 'gb,', 'gb, us', 'a1', 'us,us,us,us,us', 'de(nodeadkeys)', '../x'],
  lease: ['', '12', '1m', '0h', '12 h', '24 hours', '1d', '12h,x', 'Infinite'],
  lines: ['a\u0000', 'a\tb'],
  locale: ['', 'en_GB', 'en_GB.utf8', 'en_gb.UTF-8', 'POSIX', 'C', 'en_GB.ISO-8859-1', 'en_GB.UTF-8 UTF-8'],
  mac: ['dc:a6:32:01:02', '01:00:5e:00:00:01', 'dc:a6:32:01:02:0g', 'dca632010203', '00:00:00:00:00:00', ''],
  network: [
    '',
    '10.0.0.0',
    '10.0.0.1/24',
    '10.0.0.0/7',
    '10.0.0.0/31',
    'x/24',
    '0.0.0.0/8',
    '127.0.0.0/24',
    '169.254.0.0/16',
    '224.0.0.0/24',
    '240.0.0.0/8',
    '255.0.0.0/8',
  ],
  number: ['', '-1', '1.5', '007', '1e3', '9999999999', ' 1'],
  packages: ['a', '-y', 'TCPdump', 'a;b', 'a/b', 'a=1', '../x', "it's"],
  'password-hash': [
    '',
    'raspberry',
    '!',
    '*',
    '$1$salt$aaaaaaaaaaaaaaaaaaaaaa',
    '$6$salt$short',
    `$6$salt$${chars('a', 87)}`,
    `$6$salt$${chars('a', 86)}\n`,
    `$6$salt$${chars('a', 86)}:x`,
    `$2b$12$${chars('a', 52)}`,
  ],
  routes: [
    '10.0.2.0/24',
    '10.0.2.0/24 10.0.0.254',
    '10.0.2.0/24 via',
    '10.0.2.0/24 via 10.0.0',
    '10.0.2.0/24 via 10.0.0.254 metric 5',
    '10.0.2.0/24 via none',
    '10.0.2.9/24 via 10.0.0.254',
    '10.0.2.0/33 via 10.0.0.254',
    'default via 10.0.0.254',
    '0.0.0.0/0 via 10.0.0.254',
    '224.0.0.0/4 via 10.0.0.254',
    '10.0.2.0/24 via 10.0.0.254, 10.0.2.0/24 via 10.0.0.253',
  ],
  ports: ['80', 'tcp/0', 'tcp/65536', 'icmp/8', 'tcp/90-80', 'tcp/http'],
  psk: ['', '7 chars', chars('~', 64), chars('a', 65), chars('é', 32), '1234567\ufffd', 'tab\tbed in'],
  secret: ['a\nb', 'a\u0000', '\ufffd'],
  serial: ['abcdef0', 'x', '10000000abcdef011'],
  'ssh-keys': [
    'ssh-ed25519',
    'ssh-ed25519 x',
    `nopty ${ed25519}`,
    ed25519.replace('ed25519', 'rsa'),
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    `${ed25519} a\u0007`,
    'x AAAA',
  ],
  ssid: ['', chars('x', 33), chars('é', 17), 'a\nb', 'a\u0000', 'Caf\ufffd', `0x${'e9'.repeat(33)}`],
  switch: ['', 'Yes', '1', 'maybe'],
  text: ['a\nb', 'a\tb', '\u001b[0m', '\u0085', '\u2028'],
  topology: ['', 'star', 'Routed'],
  timezone: ['', '/etc/passwd', '../UTC', 'Europe/../UTC', 'Europe/', 'a/b/c/d', 'Europe/London\n'],
  url: [
    '',
    'mirror',
    'ftp://a/',
    'http://',
    'http://a b',
    "http://a/'",
    'http://user:word@a/',
    'http://a/?q',
    'file:///x',
  ],
  username: ['', 'root', 'Pi', '1a', '-a', '_a', 'a.b', 'a$', 'a b', chars('a', 32), 'pí'],
  usernames: ['root', 'a/b', '1', '-a'],
  variant: ['a b', 'de(x)', '../x', ',,,,'],
  words: ['a\u0000'],
}

const types = Object.keys(variableTypes) as VariableType[]
const pairs = (table: Readonly<Record<VariableType, readonly string[]>>) =>
  types.flatMap((type) => table[type].map((text) => [type, text] as const))

describe('a value', () => {
  it.each(pairs(taken))('of type %s may be %j', (type, text) => {
    const value = variableTypes[type].parse(text)
    expect(isRefusal(value) ? value : plain(value)).toBe(text)
  })

  it.each(changed)('of type %s may be %j', (type, text, value) => {
    const found = variableTypes[type].parse(text)
    expect(isRefusal(found) ? found : plain(found)).toEqual(value)
  })

  it.each(pairs(refused))('of type %s may not be %j', (type, text) => {
    expect(isRefusal(variableTypes[type].parse(text))).toBe(true)
  })

  it('of an address, a network or a range is parsed, and says the same when written again', () => {
    expect(variableTypes.address.parse('10.0.0.3/24')).toMatchObject({ address: '10.0.0.3', prefix: 24 })
    expect(variableTypes.network.parse('10.0.0.0/24')).toMatchObject({ broadcast: '10.0.0.255' })
    expect(variableTypes['ipv4-range'].parse('10.0.0.2-10.0.0.9')).toMatchObject({ last: '10.0.0.9' })
    expect(JSON.stringify([variableTypes.address.parse('10.0.0.3/24')])).toBe('["10.0.0.3/24"]')
  })

  it.each(types)('of type %s is tried both ways', (type) => {
    expect([...taken[type], ...changed.filter(([other]) => other === type)]).not.toEqual([])
    expect(refused[type]).not.toEqual([])
  })

  // Known mistakes.
  it.each<[VariableType, string]>([
    ['address', '10.0.0.3/08'],
    ['password-hash', `$6$salt$${chars('a', 50)}`],
    ['ssh-keys', ed25519.slice(0, -20)],
    ['ssh-keys', '# nothing but a comment'],
  ])('of type %s may not be %j, either', (type, text) => {
    expect(isRefusal(variableTypes[type].parse(text))).toBe(true)
  })
  it('of type password-hash may be one of scrypt', () => {
    const hash = `$7$CU..../....${chars('s', 22)}$${chars('a', 43)}`
    expect(variableTypes['password-hash'].parse(hash)).toBe(hash)
  })
})

describe('a refusal', () => {
  const secret = 'hunter2'
  it.each(['password-hash', 'psk'] as const)('of a secret of type %s does not repeat it', (type) => {
    expect(JSON.stringify(variableTypes[type].parse(secret))).not.toContain(secret)
    expect(variableTypes[type].secret).toBe(true)
  })

  it('of a private key does not repeat it', () => {
    const text = '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2'
    expect(variableTypes['ssh-keys'].parse(text)).toEqual({
      what: 'a private key',
      hint: 'give the public half, the file that ends in .pub',
    })
  })

  it.each([
    ['network', '10.0.0.9/24', '10.0.0.9/24 is an address in a network', 'the network is 10.0.0.0/24'],
    ['network', '10.0.0.0/31', '/31 is not a size for a cluster', '/8 to /30'],
    ['network', 'x', '"x" is not a network', 'write 10.0.0.0/24'],
    [
      'routes',
      '10.0.2.0/24 10.0.0.254',
      '"10.0.2.0/24 10.0.0.254" is not a route',
      'write 10.0.2.0/24 via 10.0.0.254, one a line',
    ],
    [
      'routes',
      '10.0.2.0/24 via',
      '"10.0.2.0/24 via" is not a route',
      'write 10.0.2.0/24 via 10.0.0.254, one a line',
    ],
    ['routes', '0.0.0.0/0 via 10.0.0.1', '0.0.0.0/0 is the default route', 'write gateway = …'],
    [
      'routes',
      '10.0.2.9/24 via 10.0.0.1',
      '10.0.2.9/24 is an address in a network',
      'the network is 10.0.2.0/24',
    ],
    [
      'routes',
      '10.0.2.0/24 via 10.0.0.1, 10.0.2.0/24 via 10.0.0.2',
      'two routes to 10.0.2.0/24',
      'a network has one route',
    ],
    ['domain', 'a b', '"a b" is not a domain', 'such as cluster.internal'],
    [
      'domain',
      'a.local',
      '"a.local" is reserved for multicast DNS',
      'names that end in .local are for mDNS only (RFC 6762)',
    ],
    ['address', 'x', '"x" is not an address of a host', 'write 10.0.0.3/24, or dhcp'],
    ['username', 'root', '"root" is not a name for the user', 'root cannot log in; choose another name'],
    ['username', 'Ada', '"Ada" is not a name for the user', 'use small letters: ada'],
    ['username', 'a.b', '"a.b" is not a name for the user', 'adduser and systemd take no dot; use - or _'],
    [
      'username',
      '1a',
      '"1a" is not a name for the user',
      'a name begins with a letter: programs take digits for the number of a user',
    ],
    [
      'username',
      chars('a', 32),
      `"${chars('a', 32)}" is not a name for the user`,
      'systemd takes 31 characters at most',
    ],
    [
      'username',
      'a b',
      '"a b" is not a name for the user',
      'up to 31 of a-z, 0-9, _ and -; it begins with a letter',
    ],
    [
      'usernames',
      'a, root',
      'root cannot log in with ssh or a password',
      'log in as another user, and use sudo',
    ],
    ['ssid', chars('x', 33), 'an SSID has 1 to 32 bytes, not 33', undefined],
    ['ssid', 'a\nb', 'a control character', undefined],
    ['ssh-keys', 'x', '"x" is not an ssh public key', 'a line such as ssh-ed25519 AAAA… name'],
    [
      'password-hash',
      'x',
      'not a password hash; a plain-text password is not accepted',
      'make one with: openssl passwd -6',
    ],
  ] as const)('of type %s for %j says why, and what to do', (type, text, what, hint) => {
    expect(variableTypes[type].parse(text)).toEqual(hint === undefined ? { what } : { what, hint })
  })
})
