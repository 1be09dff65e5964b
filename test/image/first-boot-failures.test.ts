import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../builder/load/package-root.js'
import { ask, isMissing, sharedFolder } from '../support/real-programs.js'

const lib = join(packageRoot(), 'overlays/first-boot/root/usr/lib/piimg')

/** What first-boot-apt makes of apt's output, as `WHEN | PROBLEM | HINT`. */
function explained(said: string): string {
  const script = `set -u
    lib=$1 said=$2 log=/dev/null
    fail() { printf '%s | %s | %s\\n' "$1" "$2" "$3"; return 1; }
    . "$lib/first-boot-apt"
    explain && echo 'this is no failure'`
  return ask(['sh', '-c', script, 'sh', lib, said], { env: { LC_ALL: 'C' } }).output.trim()
}

describe('why apt failed in the first boot', () => {
  const online = 'is the master, or the name server, running and online?'
  it.each<[string, string]>([
    [
      'E: Write error - write (28: No space left on device)',
      'never | the card is full | free some space on it, or use a larger card',
    ],
    [
      'E: Could not get lock /var/lib/dpkg/lock-frontend',
      'later | another program is installing packages | the first boot waits for it',
    ],
    [
      'E: Release file for http://m/InRelease is expired (invalid since 3d)',
      'later | the package lists are out of date | the mirror is out of date; use another mirror',
    ],
    [
      'W: GPG error: NO_PUBKEY 0123',
      'later | the package lists are not signed by a trusted key | wrong mirror, or a network with a login page',
    ],
    [
      'E: Unable to locate package foo\nE: Unable to locate package bar',
      'never | there is no package foo | check "packages"',
    ],
    ["E: Package 'foo' has no installation candidate", 'never | there is no package foo | check "packages"'],
    [
      "E: Couldn't find any package by regex 'f.*'",
      'never | there is no package of that name | check "packages"',
    ],
    [
      'The following packages have unmet dependencies:',
      'never | these packages conflict with each other | see the log; fewer or other "packages" may help',
    ],
    [
      "Err:1 Temporary failure resolving 'm'",
      `later | the name of the mirror cannot be resolved | ${online}`,
    ],
    [
      'E: Unable to connect to m:http:',
      'later | the mirror is not reachable | is the master, or the router, online?',
    ],
    [
      'Err:2 http://m  404  Not Found',
      'later | the mirror does not have what it lists (404) | it may be in the middle of an update, or the wrong mirror',
    ],
    [
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
      'limited | a package could not be set up | see the log: E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ],
    [
      'dpkg: error: x\nE: dpkg was interrupted, you must run it',
      'limited | a package could not be set up | see the log: E: dpkg was interrupted, you must run it',
    ],
    ['W: strange & new | words', 'later | the mirror does not answer as expected | W: strange & new | words'],
    ['', 'later | the mirror does not answer as expected | apt-get failed'],
    // The first entry that matches counts.
    [
      'E: Unable to connect\nE: No space left on device',
      'never | the card is full | free some space on it, or use a larger card',
    ],
  ])('%j', (said, expected) => {
    expect(explained(said)).toBe(expected)
  })

  it('names the date where the clock is behind', () => {
    expect(explained('E: Release file is not valid yet (invalid for another 1d)')).toMatch(
      /^later \| the clock is behind the package lists: it says 20\d\d-\d\d-\d\d \| it is set when/,
    )
  })
})

describe.skipIf(isMissing({ 'apt-get': 'apt' }))('an update of the package lists', () => {
  const folder = sharedFolder()
  const paths = ['etc', 'state/lists/partial', 'cache/archives/partial', 'zipped', 'empty']
  for (const path of paths) mkdirSync(join(folder, path), { recursive: true })
  const paragraph = `Package: x\nVersion: 1\nArchitecture: all\nFilename: ./x.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\n`
  writeFileSync(join(folder, 'zipped/Packages.gz'), gzipSync(paragraph))
  writeFileSync(join(folder, 'status'), '')
  const conf = [
    ...['etc', 'state', 'cache'].map((name) => `Dir::${name} "${folder}/${name}";`),
    `Dir::State::status "${folder}/status";`,
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
  ]
  writeFileSync(join(folder, 'apt.conf'), `${conf.join('\n')}\n`)

  /** What the first boot makes of the real apt's update from a source; empty where it is content. */
  function updated(source: string): { failure: string; said: string } {
    writeFileSync(join(folder, 'etc/sources.list'), `deb [trusted=yes] ${source} ./\n`)
    const script = `lib=$1 log=$2/log bundle=/nothing state=/nothing said=
      fail() { printf '%s | %s\n' "$1" "$2"; return 1; }
      . "$lib/first-boot-apt"
      apt_get update; printf '%s' "$said" >&2`
    const env = { LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') }
    const { output, errors } = ask(['sh', '-c', script, 'sh', lib, folder], { env })
    return { failure: output.trim(), said: errors }
  }

  it('is one where a list has come, though apt asked for other compressions before', () => {
    const { failure, said } = updated(`copy:${folder}/zipped/`)
    expect(said).toMatch(/^Err:/m)
    expect(failure).toBe('')
  })

  it('is a failure where no list has come, whatever its exit code', () => {
    expect(updated(`copy:${folder}/empty/`).failure).toBe('later | the mirror does not answer as expected')
    expect(updated('http://127.0.0.1:1/').failure).toBe('later | the mirror is not reachable')
    expect(updated('http://no.such.invalid/').failure).toBe(
      'later | the name of the mirror cannot be resolved',
    )
  })
})
