import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// The optional packages of other systems are the ones that npm leaves out when it updates a lock file beside an
// existing node_modules; npm ci then refuses the file on a clean clone.
test('npm ci takes package-lock.json for package.json, without asking the registry', () => {
  const cache = mkdtempSync(join(tmpdir(), 'piimg-npm-'))
  try {
    const words = [
      'ci',
      '--dry-run',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--cache',
      cache,
    ]
    const run = () => execFileSync('npm', words, { encoding: 'utf8', stdio: 'pipe' })
    expect(run).not.toThrow()
  } finally {
    rmSync(cache, { recursive: true })
  }
})
