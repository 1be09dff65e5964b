import { rootOf, tool } from './images.js'

/** Why packages cannot be had here; empty if they can. */
export async function whyNoPackages(image: string): Promise<string> {
  try {
    const { status } = await fetch(`${mirrorOf(image)}dists/`, { signal: AbortSignal.timeout(20_000) })
    return status < 500 ? '' : `the package mirror of the base image answers ${status}`
  } catch {
    return 'the package mirror of the base image cannot be reached'
  }
}

/** The mirror that a base image of `scripts/bootable-image` names. */
export function mirrorOf(image: string): string {
  const sources = tool('debugfs', ['-R', 'cat /etc/apt/sources.list.d/debian.sources', rootOf(image)])
  return /^URIs: (\S+)/m.exec(sources)?.[1] ?? ''
}
