import type { Bundle } from '../model/bundle.js'
import { type Content, hashOf } from '../model/content.js'
import type { RootEntry } from '../model/plan.js'

/** Where the first boot looks for packages before it uses the network; the same path is in `overlays/first-boot`. */
const folder = '/var/lib/piimg/packages'
const origins = [{ file: 'packages.lock' }]

/**
 * A repository for apt, with the hashes of its content: the .debs, their index (apt's flat form, sources.list(5)), and
 * the source that names it. It is not signed; the hashes of the lock file protect it.
 */
export function bundleEntries(bundle: Bundle): RootEntry[] {
  if (bundle.length === 0) return []
  const debs = bundle.map((each) => ({ ...each, file: `${each.name}_${each.architecture}.deb` }))
  const index = debs.map(({ control, file, size, sha256 }) =>
    [control, `Filename: ./${file}`, `Size: ${size}`, `SHA256: ${sha256}`, ''].join('\n'),
  )
  const files = new Map<string, Content>([
    ...debs.map(({ file, deb }) => [file, deb] as const),
    ['Packages', Buffer.from(index.join('\n'))],
    ['sources.list', Buffer.from(`deb [trusted=yes] file:${folder} ./\n`)],
  ])
  const sums = [...files].map(([name, content]) => `${hashOf(content)}  ${name}\n`)
  files.set('SHA256SUMS', Buffer.from(sums.join('')))
  return [...files].map(([name, content]) => ({
    kind: 'file',
    path: `${folder}/${name}`,
    mode: 0o644,
    owner: { uid: 0, gid: 0 },
    content,
    shown: content,
    origins,
  }))
}
