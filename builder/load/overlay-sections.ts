/** The sections of an `overlay.ini`: the hint of a wrong one, and the documents, list them from here. */
export const overlaySections = {
  overlay: {
    name: '',
    keys: 'summary [when] [needs] [provides]',
    summary:
      'what the overlay is for; `when`: a condition for all sections and files; `needs`: overlays that the node must have, too; `provides`: things of which a node has one, such as `dns-server`',
  },
  variable: {
    name: 'NAME',
    keys: 'type summary [default] [publish] [open] [generate] [shared]',
    summary:
      'declares a variable; `publish = yes`: the value is a field of lists of nodes; `open = yes`: overlays that need this one can read it, and add to it if it is a list; a secret is made by `generate = base64 32` (or `hex 32`, in bytes, or `letters 20`), the same for all nodes of `shared = cluster` (the default), `group NAME` or `node`',
  },
  nodes: {
    name: 'NAME',
    keys: 'summary where [count]',
    summary:
      'a list of nodes for templates and conditions: those for which `where` holds, over `overlay=NAME`, `group=NAME` and the fields of a node; `count`: how many there must be, such as `1`, `1..2` or `1..`',
  },
  file: {
    name: 'root/…',
    keys: '[mode] [owner] [when] [replaces]',
    summary:
      'settings of a file in the trees; `replaces = yes` takes the place of the file of another overlay',
  },
  copy: {
    name: 'root/…',
    keys: 'from [mode] [owner] [when]',
    summary: 'a copy of a file of the base image',
  },
  directory: { name: 'root/…', keys: '[mode] [owner] [when]', summary: 'a folder' },
  link: { name: 'root/…', keys: 'target [when] [replaces]', summary: 'a symbolic link' },
  remove: {
    name: 'root/…',
    keys: '[line] [when]',
    summary:
      'removes a file or folder of the base image, if it is there; the last part of the path may hold a `*`; `line`: only files with a line that fits this regular expression',
  },
  move: { name: 'root/…', keys: 'to [when]', summary: 'gives a file or folder another name' },
  edit: {
    name: 'NAME',
    keys: 'path edit [create] [mode] [owner] [when]',
    summary: 'changes a text of the base image; `create = yes` makes it where it is missing',
  },
  append: {
    name: 'NAME',
    keys: 'variable value [when] [if_there]',
    summary:
      'adds to a list variable of the core, or of an overlay that declares it open; `if_there = yes`: only on nodes that have that overlay',
  },
  packages: { name: 'NAME', keys: 'names [when]', summary: 'Debian packages for the first boot' },
  conffile: {
    name: 'root/…',
    keys: 'reason',
    summary: 'allows a file below /etc in an overlay with packages',
  },
  require: {
    name: 'NAME',
    keys: 'what [path] [when] [hint]',
    summary: 'an error if `when` holds and `path` is not in the base image',
  },
  warn: { name: 'NAME', keys: 'what [path] [when] [hint]', summary: 'the same as a warning' },
} as const satisfies Readonly<Record<string, { name: string; keys: string; summary: string }>>

export type OverlaySection = keyof typeof overlaySections

/** A section as it is written: `[file root/…]`. */
export function sectionTitle(kind: OverlaySection): string {
  const { name } = overlaySections[kind]
  return `[${kind}${name === '' ? '' : ` ${name}`}]`
}
