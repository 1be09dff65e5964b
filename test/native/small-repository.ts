import { gzipSync } from 'node:zlib'
import { flatRepository, makeDeb, sha256Of } from '../support/debs.js'
import type { SignedRepository } from '../support/signed-repository.js'
import type { Behaviour } from './mirror.js'

const host = 'small.example'

/** A line for apt's sources; nobody signs this repository. */
export const smallSource = `\n  echo 'deb [trusted=yes] http://${host}/ ./' >etc/apt/sources.list.d/small.list\n`

/**
 * A repository of one package, next to the real mirror.
 * @param postinst the script that sets the package up
 * @param depends what else it needs
 * @param date when the lists were made; undefined: the repository has no Release file
 */
export function smallRepository(
  name: string,
  postinst: string,
  date?: () => Date,
  depends?: string,
): Behaviour {
  const files = flatRepository([makeDeb(name, { postinst, ...(depends === undefined ? {} : { depends }) })])
  const list = files.get('/Packages') ?? Buffer.alloc(0)
  const release = () =>
    date === undefined
      ? undefined
      : `Date: ${date().toUTCString().replace('GMT', 'UTC')}\nSHA256:\n ${sha256Of(list)} ${list.length} Packages\n`
  return (url, response, forward) => {
    if (url.hostname !== host) {
      forward()
      return
    }
    const path = url.pathname.replace('/./', '/')
    const file = path === '/Release' ? release() : files.get(path)
    response.writeHead(file === undefined ? 404 : 200).end(file)
  }
}

/** A repository that has its list in one compression only, and nothing else: apt asks for others first. */
export function zippedRepository(name: string): Behaviour {
  const files = flatRepository([makeDeb(name)])
  return (url, response, forward) => {
    if (url.hostname !== host) {
      forward()
      return
    }
    const path = url.pathname.replace('/./', '/')
    const list = path === '/Packages.gz' ? gzipSync(files.get('/Packages') ?? '') : undefined
    const file = list ?? (path === '/Packages' ? undefined : files.get(path))
    response.writeHead(file === undefined ? 404 : 200).end(file)
  }
}

/** The same for a repository that is signed; the node knows no other, and trusts its key only. */
export function onlySigned({ files, key }: SignedRepository): { prepare: string; behaviour: Behaviour } {
  const prepare = `
  rm -f etc/apt/sources.list etc/apt/sources.list.d/*
  mkdir -p etc/apt/keyrings
  cat >etc/apt/keyrings/small.asc <<'KEY'
${key}KEY
  echo 'deb [signed-by=/etc/apt/keyrings/small.asc] http://${host}/ ./' >etc/apt/sources.list.d/small.list`
  const behaviour: Behaviour = (url, response) => {
    const file = url.hostname === host ? files.get(url.pathname.replace('/./', '/')) : undefined
    response.writeHead(file === undefined ? 404 : 200).end(file)
  }
  return { prepare, behaviour }
}
