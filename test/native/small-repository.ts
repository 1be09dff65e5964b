import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '../support/cli.js'
import type { Behaviour } from './mirror.js'

const host = 'small.example'

/** A line for apt's sources; nobody signs this repository. */
export const smallSource = `\n  echo 'deb [trusted=yes] http://${host}/ ./' >etc/apt/sources.list.d/small.list\n`

/**
 * A repository of one package, beside the real mirror.
 * @param postinst the script that sets the package up
 * @param date when the lists were made; undefined: the repository does not tell
 */
export function smallRepository(name: string, postinst: string, date?: () => Date): Behaviour {
  const deb = makePackage(name, postinst)
  const list = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: for a test\nFilename: ./${name}.deb\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`
  const files = (): Record<string, string | Buffer> => ({
    '/Packages': list,
    [`/${name}.deb`]: deb,
    ...(date === undefined
      ? {}
      : { '/Release': `Date: ${date().toUTCString().replace('GMT', 'UTC')}\nSHA256:\n ${sha256(Buffer.from(list))} ${list.length} Packages\n` }),
  }) // prettier-ignore
  return (url, response, forward) => {
    if (url.hostname !== host) {
      forward()
      return
    }
    const file = files()[url.pathname.replace('/./', '/')]
    response.writeHead(file === undefined ? 404 : 200).end(file)
  }
}

function makePackage(name: string, postinst: string): Buffer {
  const folder = newFolder()
  mkdirSync(join(folder, name, 'DEBIAN'), { recursive: true })
  chmodSync(join(folder, name), 0o755)
  chmodSync(join(folder, name, 'DEBIAN'), 0o755)
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: for a test\n`
  writeFileSync(join(folder, name, 'DEBIAN/control'), control)
  writeFileSync(join(folder, name, 'DEBIAN/postinst'), `#!/bin/sh\n${postinst}\n`, { mode: 0o755 })
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', join(folder, name)], { stdio: 'ignore' })
  return readFileSync(join(folder, `${name}.deb`))
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
