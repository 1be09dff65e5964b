import { linesOf, textOf } from './lines.js'

/** Removes every network and every login from wpa_supplicant.conf(5); other settings stay. */
export function forgetNetworks(text: string): string {
  let isInside = false
  const kept = linesOf(text).filter((line) => {
    if (/^\s*(network|cred)\s*=\s*\{/.test(line)) isInside = true
    const isKept = !isInside
    if (/^\s*\}/.test(line)) isInside = false
    return isKept
  })
  return textOf(kept)
}
