import type { FinishedTree } from './finished-tree.js'

const folder = '/etc/systemd/system'
const targets = ['multi-user', 'network-online', 'network', 'sysinit', 'basic'] as const

/**
 * The link by which a unit is enabled; undefined where it is not, or is masked as well. systemd.unit(5), "[Install] section
 * options" and "Unit file load path".
 */
export function enabledBy(root: FinishedTree, unit: string): string | undefined {
  if (maskOf(root, unit) !== undefined) return undefined
  const links = targets.map((target) => `${folder}/${target}.target.wants/${unit}`)
  return links.find((link) => root.findLink(link) !== undefined)
}

/** The link that masks a unit: to /dev/null, or an empty file; systemctl(1), "mask". */
export function maskOf(root: FinishedTree, unit: string): string | undefined {
  const path = `${folder}/${unit}`
  return root.findLink(path)?.target === '/dev/null' ? path : undefined
}
