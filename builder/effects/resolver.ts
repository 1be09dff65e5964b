import type { FileTree } from '../model/file-tree.js'
import { type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { memo } from '../model/memo.js'
import type { Content } from '../model/content.js'
import { textOf } from './text.js'

const file = '/etc/resolv.conf'
const hint = 'make it an empty file in the base image'

/**
 * Whether the name servers that a network gives reach /etc/resolv.conf. NetworkManager writes the file unless it is a link
 * to a file of another program, by `dns` and `rc-manager` (NetworkManager.conf(5)); dhcpcd writes it by its hook
 * 20-resolv.conf, unless `nohook` switches that off (dhcpcd.conf(5)). Neither changes an immutable file (chattr(1)).
 */
export function resolver(node: FinishedNode): Problem[] {
  const { root, base, facts } = node
  const link = root.findLink(file)
  if (link?.kind === 'symlink') {
    const target = `/${(link.target ?? '').replace(/^(\.\.)?\//, '')}`
    if (isWritten(node, target)) return []
    return [warning(root.place(file), `it is a link to ${target}, which no program writes here`, hint)]
  }
  if (link?.entry === undefined && base.stat(file)?.isImmutable === true)
    return [warning(root.place(file), 'it is immutable: it keeps its name servers', 'run chattr -i on it')]
  return facts.networkStack === 'dhcpcd' ? byDhcpcd(node) : byNetworkManager(node)
}

function isWritten({ root, facts }: FinishedNode, target: string): boolean {
  if (target.startsWith('/run/NetworkManager/')) return facts.networkStack === 'networkmanager'
  if (/^\/(run|etc)\/resolvconf\//.test(target))
    return facts.packages.has('resolvconf') || facts.packages.has('openresolv')
  if (/^\/(run|usr\/lib)\/systemd\//.test(target)) {
    const units = ['dbus-org.freedesktop.resolve1', 'multi-user.target.wants/systemd-resolved']
    return [...units, 'sysinit.target.wants/systemd-resolved'].some(
      (unit) => root.findLink(`/etc/systemd/system/${unit}.service`) !== undefined,
    )
  }
  // dhcpcd writes through a link.
  return facts.networkStack === 'dhcpcd' && root.find(target)?.kind === 'file'
}

function byDhcpcd({ root }: FinishedNode): Problem[] {
  const path = '/etc/dhcpcd.conf'
  const content = root.content(path)
  const line = content === undefined ? undefined : switchedOff(content)
  if (line === undefined) return []
  const what = 'dhcpcd does not write the name servers into resolv.conf'
  return [warning(root.place(path, line), what, 'remove resolv.conf from nohook in the base image')]
}

const switchedOff = memo((content: Content) => {
  const lines = textOf(content).split('\n')
  const index = lines.findIndex((line) => /^\s*nohook\s(.*[\s,])?(\d+-)?resolv\.conf\b/.test(line))
  return index === -1 ? undefined : index + 1
})

/** Weakest first; in a folder by name. NetworkManager.conf(5), "DESCRIPTION". */
const folders = ['/usr/lib/NetworkManager/conf.d', '/etc/NetworkManager/conf.d']
const single = [
  '/etc/NetworkManager/NetworkManager.conf',
  '/var/lib/NetworkManager/NetworkManager-intern.conf',
] as const
const isOff = /^(none|unmanaged)$/

function byNetworkManager({ root, base }: FinishedNode): Problem[] {
  if (!isOffSomewhere(base)) return []
  const [vendor = [], own = []] = folders.map((folder) =>
    root.names(folder).map((name) => `${folder}/${name}`),
  )
  // A file of the same name in /etc replaces the vendor's.
  const names = new Set(own.map((path) => path.slice(path.lastIndexOf('/'))))
  const kept = vendor.filter((path) => !names.has(path.slice(path.lastIndexOf('/'))))
  const [main, intern] = single
  const files = [...kept, main, ...own, intern]
  const found = files.flatMap((path) => {
    const content = root.content(path)
    return content === undefined ? [] : mainSettings(content).map((setting) => ({ ...setting, path }))
  })
  const last = (key: string) => found.findLast((setting) => setting.key === key)
  const off = [last('dns'), last('rc-manager')].find((setting) => isOff.test(setting?.value ?? ''))
  if (off === undefined) return []
  const what = `NetworkManager does not write the name servers into resolv.conf: ${off.key}=${off.value}`
  return [warning(root.place(off.path, off.line), what, 'remove the line from the base image')]
}

/** Whether any file of the base image has the setting: those of most images have not. */
const isOffSomewhere = memo((base: FileTree) =>
  [...folders.flatMap((folder) => base.names(folder).map((name) => `${folder}/${name}`)), ...single].some(
    (path) => {
      const content = base.readFile(path)
      return content !== undefined && mainSettings(content).some(({ value }) => isOff.test(value))
    },
  ),
)

interface Setting {
  readonly key: string
  readonly value: string
  readonly line: number
}

/** `dns` and `rc-manager` of the section `[main]`. */
const mainSettings = memo((content: Content): readonly Setting[] => {
  let section = ''
  return textOf(content)
    .split('\n')
    .flatMap((text, index) => {
      section = /^\s*\[(.*)\]\s*$/.exec(text)?.[1] ?? section
      const [, key, value = ''] = /^\s*(dns|rc-manager)\s*=\s*(\S*)/.exec(text) ?? []
      return key === undefined || section !== 'main' ? [] : [{ key, value, line: index + 1 }]
    })
})
