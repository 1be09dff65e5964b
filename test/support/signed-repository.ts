import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Deb, flatRepository, sha256Of } from './debs.js'

/** Why nothing can be signed here; empty if it can. */
export function whyNoSignatures(): string {
  return spawnSync('gpg', ['--version']).status === 0 ? '' : 'no gpg (package gnupg)'
}

export interface SignedRepository {
  /** By path, as `flatRepository` has them, with `/InRelease`. */
  readonly files: ReadonlyMap<string, Buffer>
  /** The public key, as apt takes it (Signed-By, a file *.asc). */
  readonly key: string
}

/**
 * A repository that a key of its own has signed; the key is gone afterwards.
 * @param binding the hash by which the key signs itself
 */
export function signedRepository(debs: readonly Deb[], binding = 'SHA512'): SignedRepository {
  // It contains a socket of gpg's agent, whose path must be short.
  const home = mkdtempSync(join(tmpdir(), 'gpg-'))
  const gpg = (args: readonly string[], input = '') =>
    execFileSync(
      'gpg',
      ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      { input, stdio: ['pipe', 'pipe', 'ignore'] },
    )
  try {
    gpg([
      '--cert-digest-algo',
      binding,
      '--quick-generate-key',
      'test@example.org',
      'rsa3072',
      'sign',
      'never',
    ])
    const files = flatRepository(debs)
    const index = files.get('/Packages') ?? Buffer.alloc(0)
    const date = new Date(Date.now() - 1000).toUTCString().replace('GMT', 'UTC')
    const release = `Origin: test\nDate: ${date}\nSHA256:\n ${sha256Of(index)} ${index.length} Packages\n`
    files.set('/InRelease', gpg(['--clearsign'], release))
    return { files, key: gpg(['--armor', '--export']).toString() }
  } finally {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    rmSync(home, { recursive: true })
  }
}
