import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../builder/load/package-root.js'
import { ask } from '../support/real-programs.js'

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
