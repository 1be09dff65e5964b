import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import { error, type Origin, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import { homeOf } from './environment.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'
import { textOf } from './text.js'

/**
 * The node has the keyboard that was asked for.
 *
 * 1. On the console, setupcon(1), which reads /etc/default/console-setup and then /etc/default/keyboard: a map that KMAP
 *    names counts before the layouts (keyboard(5)). The overlay locale removes KMAP, and the maps that setupcon has saved.
 *    Where it is installed, systemd-vconsole-setup takes `vconsole.keymap=` of the kernel command line, then
 *    /etc/vconsole.conf (vconsole.conf(5)).
 * 2. On X: Option "XkbLayout" of xorg.conf, of xorg.conf.d in /etc/X11 and in /usr/share/X11 (xorg.conf(5)), of which
 *    00-keyboard.conf is localed's, or else /etc/default/keyboard.
 * 3. On Wayland: XKB_DEFAULT_LAYOUT in `environment` and environment.d/*.env of labwc's folders, of which that in the home
 *    counts before /etc/xdg (labwc-config(5)); the overlay locale sets it where raspi-config does, in /etc/xdg/labwc and
 *    the greeter's /usr/share/labwc. `xkb_layout` of wayfire.ini.
 */
export const keyboard: Effect = (node) => {
  const { root, plan } = node
  const value = plan.values.get('keyboard') ?? plan.values.get('keyboard_variant')
  if (value === undefined) return []
  const [, wanted = ''] = /^\s*XKBLAYOUT="?([^"\s]*)/m.exec(root.text('/etc/default/keyboard') ?? '') ?? []
  return [
    ...unknown(node, wanted, value.origin),
    ...byX(node, wanted),
    ...byWayland(node, wanted),
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
  const folders = ['/etc/X11/xorg.conf.d', '/usr/share/X11/xorg.conf.d']
  const parts = folders.flatMap((folder) => root.names(folder).map((name) => `${folder}/${name}`))
  return ['/etc/X11/xorg.conf', ...parts].flatMap((path) => {
    const found = settingIn(root.text(path), /^\s*Option\s+"XkbLayout"\s+"([^"]*)"/i)
    return otherLayout(root, path, found, wanted).map(({ where, what, hint }) => error(where, what, hint))
  })
}

function byWayland(node: FinishedNode, wanted: string): Problem[] {
  const { root } = node
  const home = `${homeOf(node)}/.config`
  const labwc = ['/usr/share/labwc', '/etc/xdg/labwc', `${home}/labwc`].flatMap((folder) => [
    `${folder}/environment`,
    ...root.names(`${folder}/environment.d`).map((name) => `${folder}/environment.d/${name}`),
  ])
  return [
    ...labwc.flatMap((path) =>
      otherLayout(root, path, settingIn(root.text(path), /^\s*XKB_DEFAULT_LAYOUT=(\S*)/), wanted),
    ),
    ...[`${home}/wayfire.ini`].flatMap((path) =>
      otherLayout(root, path, settingIn(root.text(path), /^\s*xkb_layout\s*=\s*(\S*)/), wanted),
    ),
  ]
}

function otherLayout(root: FinishedTree, path: string, found: Found | undefined, wanted: string): Problem[] {
  if (found === undefined || found.value === wanted) return []
  const what = `the desktop takes the keyboard layout ${found.value}, not ${wanted}`
  return [warning(root.place(path, found.line), what, 'remove the line from the base image')]
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

interface Found {
  readonly value: string
  readonly line: number
}

/** The last line that fits. */
function settingIn(text: string | undefined, pattern: RegExp): Found | undefined {
  const lines = text?.split('\n') ?? []
  const index = lines.findLastIndex((line) => pattern.test(line))
  return index === -1 ? undefined : { value: pattern.exec(lines[index] ?? '')?.[1] ?? '', line: index + 1 }
}
