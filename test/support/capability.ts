import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The overlays of a folder of test/capabilities, by their path in a user's folder. */
export function overlaysOf(name: string): Record<string, string> {
  const folder = fileURLToPath(new URL(`../capabilities/${name}/`, import.meta.url))
  const files = readdirSync(join(folder, 'overlays'), { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name: file }) => join(parentPath, file))
      .map((path) => [path.slice(folder.length).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  )
}

export function clusterFileOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../capabilities/${name}/cluster.ini`, import.meta.url)), 'utf8')
}

/** A secret as it is, and as programs may write it. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [secret, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(secret)]
}
