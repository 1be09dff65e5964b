import { wholeOf } from '../model/content.js'
import type { FileTree } from '../model/file-tree.js'
import type { Plan } from '../model/plan.js'

/** apt's configuration on a node: the base image's files, replaced by those of the plan. */
export interface AptFiles {
  /** dpkg's status file. */
  readonly status: Buffer
  /** By path: sources, preferences, trusted keys, and the keyrings that sources name. */
  readonly files: ReadonlyMap<string, Buffer>
}

const singles = ['sources.list', 'preferences', 'trusted.gpg', 'auth.conf'].map((name) => `/etc/apt/${name}`)
const folders = ['sources.list.d', 'preferences.d', 'trusted.gpg.d', 'auth.conf.d'].map(
  (name) => `/etc/apt/${name}`,
)
/** Only the plan's settings of apt are used, such as a proxy; those of the base image may name its own folders. */
const settings = '/etc/apt/apt.conf.d/'

export function aptFilesOf(tree: FileTree, plan: Plan): AptFiles {
  const files = new Map<string, Buffer>()
  const take = (path: string) => {
    const content = tree.stat(path) === undefined ? undefined : tree.readFile(path)
    if (content !== undefined) files.set(path, content)
  }
  singles.forEach(take)
  for (const folder of folders) {
    if (tree.stat(folder) === undefined) continue
    for (const name of tree.names(folder)) take(`${folder}/${name}`)
  }
  for (const entry of plan.root) {
    if (!entry.path.startsWith('/etc/apt/')) continue
    files.delete(entry.path)
    if (entry.kind === 'file') files.set(entry.path, wholeOf(entry.content))
  }
  for (const [path, content] of [...files]) {
    if (!isSource(path)) continue
    for (const keyring of keyringsOf(content.toString())) take(keyring)
  }
  return { status: tree.readFile('/var/lib/dpkg/status') ?? Buffer.alloc(0), files }
}

/** Sources with the keyrings that they name below another folder (sources.list(5), Signed-By). */
export function withKeyringsBelow(root: string, path: string, content: Buffer): Buffer {
  if (!isSource(path)) return content
  return Buffer.from(
    content
      .toString()
      .replace(signedBy, (line) => line.replace(keyring, (name) => name.replace('/', `${root}/`))),
  )
}

export function isSetting(path: string): boolean {
  return path.startsWith(settings)
}

const signedBy = /signed-by\s*[:=][^\]\n]*/gi
const keyring = /(?<![^\s,"=:])\/[^\s,"\]]+/g

function keyringsOf(sources: string): string[] {
  return [...sources.matchAll(signedBy)].flatMap(([line]) => line.match(keyring) ?? [])
}

function isSource(path: string): boolean {
  return path.startsWith('/etc/apt/sources.list')
}
