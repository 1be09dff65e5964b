import { rootOf, tool } from './images.js'

/** Why packages cannot be had here; empty if they can. */
export async function whyNoPackages(image: string): Promise<string> {
  const sources = tool('debugfs', ['-R', 'cat /etc/apt/sources.list.d/debian.sources', rootOf(image)])
  const uri = /^URIs: (\S+)/m.exec(sources)?.[1] ?? ''
  try {
    const { status } = await fetch(`${uri}dists/`, { signal: AbortSignal.timeout(20_000) })
    return status < 500 ? '' : `the package mirror of the base image answers ${status}`
  } catch {
    return 'the package mirror of the base image cannot be reached'
  }
}
