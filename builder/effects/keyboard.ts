import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import { error, type Origin, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import { homeOf } from './environment.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'
import { textOf } from './text.js'

/**
 * The node has the keyboard that was asked for. console-setup takes it from /etc/default/keyboard (keyboard(5)); X from
 * Option "XkbLayout" of xorg.conf.d, of which 00-keyboard.conf is localed's, or else from /etc/default/keyboard; labwc from
 * XKB_DEFAULT_LAYOUT of its own files. systemd-vconsole-setup, where it is installed, takes `vconsole.keymap=` of the
 * kernel command line, then /etc/vconsole.conf (vconsole.conf(5)).
 */
export const keyboard: Effect = (node) => {
  const { root, plan } = node
  const value = plan.values.get('keyboard') ?? plan.values.get('keyboard_variant')
  if (value === undefined) return []
  const [, wanted = ''] = /^\s*XKBLAYOUT="?([^"\s]*)/m.exec(root.text('/etc/default/keyboard') ?? '') ?? []
  return [
    ...unknown(node, wanted, value.origin),
    ...byX(node, wanted),
    ...byLabwc(node, wanted),
    ...byConsole(node, wanted),
  ]
}

const xkb = '/usr/share/X11/xkb'

function unknown({ root, plan }: FinishedNode, wanted: string, where: Origin): Problem[] {
  const layouts = wanted.split(',')
  const absent = layouts.filter((layout) => root.find(`${xkb}/symbols/${layout}`) === undefined)
  if (absent.length > 0) {
    const what = `the base image has no keyboard layout ${absent.join(', ')}`
    return [error(where, what, 'use a name of XKB, such as gb, us, de')]
  }
  const variant = plan.values.get('keyboard_variant')
  if (variant === undefined) return []
  const variants = String(variant.value).split(',')
  if (variants.length > layouts.length) {
    const what = `${variants.length} variants for ${layouts.length} layouts`
    return [error(variant.origin, what, 'one for each layout, in the same order; empty for none')]
  }
  const list = root.content(`${xkb}/rules/base.lst`)
  if (list === undefined) return []
  const known = variantsIn(list)
  return variants.flatMap((name, index) => {
    const layout = layouts[index] ?? ''
    if (name === '' || known.has(`${layout} ${name}`)) return []
    const own = [...known].filter((each) => each.startsWith(`${layout} `)).map((each) => each.split(' ')[1])
    const hint = own.length === 0 ? `${layout} has none` : `${layout} has ${own.join(', ')}`
    return [error(variant.origin, `the keyboard layout ${layout} has no variant ${name}`, hint)]
  })
}

/** `layout variant` of each line below `! variant`: `  dvorak          us: English (Dvorak)`. */
const variantsIn = memo((content: Content): ReadonlySet<string> => {
  const [, part = ''] = textOf(content).split(/^! variant$/m)
  const rows = (part.split(/^!/m)[0] ?? '').matchAll(/^\s*(\S+)\s+(\w+):/gm)
  return new Set([...rows].map(([, variant = '', layout = '']) => `${layout} ${variant}`))
})

function byX({ root }: FinishedNode, wanted: string): Problem[] {
  const folder = '/etc/X11/xorg.conf.d'
  const files = ['/etc/X11/xorg.conf', ...root.names(folder).map((name) => `${folder}/${name}`)]
  return files.flatMap((path) => {
    const found = settingIn(root.text(path), /^\s*Option\s+"XkbLayout"\s+"([^"]*)"/i)
    if (found === undefined || found.value === wanted) return []
    const what = `the desktop takes the keyboard layout ${found.value}, not ${wanted}`
    return [error(root.place(path, found.line), what, 'remove the line from the base image')]
  })
}

function byLabwc(node: FinishedNode, wanted: string): Problem[] {
  const { root } = node
  return ['/etc/xdg/labwc', `${homeOf(node)}/.config/labwc`].flatMap((folder) => {
    const path = `${folder}/environment`
    const found = settingIn(root.text(path), /^\s*XKB_DEFAULT_LAYOUT=(\S*)/)
    if (found === undefined || found.value === wanted) return []
    const what = `the desktop takes the keyboard layout ${found.value}, not ${wanted}`
    return [warning(root.place(path, found.line), what, 'remove the line from the base image')]
  })
}

function byConsole(node: FinishedNode, wanted: string): Problem[] {
  const { root, boot } = node
  if (root.find('/usr/lib/systemd/systemd-vconsole-setup') === undefined) return []
  const word = kernelWord(node, 'vconsole.keymap')
  const path = '/etc/vconsole.conf'
  const found = settingIn(root.text(path), /^\s*KEYMAP="?([^"\s]*)/)
  const [keymap, where] =
    word === undefined
      ? [found?.value, root.place(path, found?.line)]
      : [word, boot.place(commandLineFile(node), 1)]
  // A keymap of the console can have another name than the layout.
  if (keymap === undefined || keymap === '' || keymap === wanted || keymap.startsWith(`${wanted}-`)) return []
  return [
    warning(where, `the console takes the keymap ${keymap}, not ${wanted}`, 'remove it from the base image'),
  ]
}

/** The last line that fits. */
function settingIn(text: string | undefined, pattern: RegExp): { value: string; line: number } | undefined {
  const lines = text?.split('\n') ?? []
  const index = lines.findLastIndex((line) => pattern.test(line))
  return index === -1 ? undefined : { value: pattern.exec(lines[index] ?? '')?.[1] ?? '', line: index + 1 }
}
