import { linesOf, textOf } from './lines.js'

/** An address in a line of sources.list(5), or after `URIs:`; without the trailing slash. */
const address = /https?:\/\/[^\s/]+(?:\/[^\s/]+)*(?=\/?(?:\s|$))/g

/** Changes the address of an archive: `from` is a host and a folder, without the scheme. */
export function aptMoved(text: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return changed(text, (uri) => uri.replace(/^https?:\/\//, '') === from, to)
}

/** Replaces the distribution's main archive by a mirror; the security archive and Raspberry Pi's archive are kept. */
export function aptMirror(text: string, { mirror }: { readonly mirror: string }): string {
  if (mirror === '') return text
  const isMain = (uri: string) =>
    /\/(debian|raspbian)$/.test(uri) && !/^https?:\/\/archive\.raspberrypi\.(org|com)\//.test(uri)
  return changed(text, isMain, mirror)
}

function changed(text: string, isMeant: (uri: string) => boolean, to: string): string {
  const moved = (uri: string) => (isMeant(uri) ? to.replace(/\/$/, '') : uri)
  return textOf(linesOf(text).map((line) => (/^\s*#/.test(line) ? line : line.replace(address, moved))))
}
