import { spawnSync } from 'node:child_process'
import { isRoot } from './cli.js'

/** Words that start a command where some programs are none; they run before rights are given up. */
export function without(...paths: readonly string[]): string[] {
  const hide = paths.map(
    (path) => `for f in ${path}; do if [ -e "$f" ]; then mount --bind /dev/null "$f"; fi; done`,
  )
  const namespace = isRoot ? ['unshare', '--mount'] : ['unshare', '--user', '--map-root-user', '--mount']
  return [...namespace, 'sh', '-ec', [...hide, 'exec "$@"'].join('; '), 'sh']
}

/** Why no program can be hidden here; empty if it can. */
export const noNamespace =
  spawnSync(without()[0] ?? '', [...without().slice(1), 'true']).status === 0
    ? ''
    : 'no mount namespaces here'
if (noNamespace !== '') console.warn(`tests of missing programs are skipped: ${noNamespace}`)
const folders = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/bin', '/sbin']
/** All places of a program. */
export const everywhere = (name: string) => folders.map((folder) => `${folder}/${name}`).join(' ')
