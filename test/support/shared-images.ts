import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the practice images that all test files share: those of a run of scripts/test, or of a run of vitest. */
    images: string
  }
}

export default function setup({ provide }: TestProject): () => void {
  const given = process.env['PIIMG_TEST_IMAGES']
  if (given !== undefined) {
    provide('images', given)
    return () => {}
  }
  const folder = mkdtempSync(join(tmpdir(), 'piimg-images-'))
  // The ordinary user reads them too.
  chmodSync(folder, 0o755)
  provide('images', folder)
  return () => rmSync(folder, { recursive: true })
}
