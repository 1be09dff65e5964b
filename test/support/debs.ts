import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from './cli.js'

export interface Deb {
  readonly name: string
  readonly bytes: Buffer
  /** Its paragraph in an index of packages. */
  readonly paragraph: string
}

/** A real package for any architecture. */
export function makeDeb(
  name: string,
  more: {
    readonly version?: string
    readonly depends?: string
    readonly postinst?: string
    readonly size?: number
  } = {},
): Deb {
  const folder = newFolder()
  mkdirSync(join(folder, name, 'DEBIAN'), { recursive: true })
  mkdirSync(join(folder, name, 'usr/share', name), { recursive: true })
  for (const path of ['', 'DEBIAN', 'usr', 'usr/share', `usr/share/${name}`])
    chmodSync(join(folder, name, path), 0o755)
  const depends = more.depends === undefined ? '' : `Depends: ${more.depends}\n`
  const control = `Package: ${name}\nVersion: ${more.version ?? '1'}\nArchitecture: all\nMaintainer: test <test@example.org>\n${depends}Description: for a test\n`
  writeFileSync(join(folder, name, 'DEBIAN/control'), control)
  writeFileSync(join(folder, name, 'DEBIAN/postinst'), `#!/bin/sh\n${more.postinst ?? ''}\n`, { mode: 0o755 })
  writeFileSync(join(folder, name, 'usr/share', name, 'bytes'), randomBytes(more.size ?? 10))
  execFileSync('dpkg-deb', ['-Znone', '--build', '--root-owner-group', join(folder, name)], {
    stdio: 'ignore',
  })
  const bytes = readFileSync(join(folder, `${name}.deb`))
  const paragraph = `${control}Filename: ./${name}.deb\nSize: ${bytes.length}\nSHA256: ${sha256Of(bytes)}\n`
  return { name, bytes, paragraph }
}

/** The files of a repository in apt's flat form, by path; nobody signs it. */
export function flatRepository(debs: readonly Deb[]): Map<string, Buffer> {
  const index = Buffer.from(debs.map(({ paragraph }) => paragraph).join('\n'))
  return new Map([['/Packages', index], ...debs.map(({ name, bytes }) => [`/${name}.deb`, bytes] as const)])
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
