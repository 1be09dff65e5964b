import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWord, kernelWords } from './kernel-command-line.js'

/**
 * The node starts systemd with all its services, on the card's own root. In this order:
 *
 * 1. a shell of the initramfs: `break` (initramfs-tools(7));
 * 2. another program in the place of the initramfs' own or of systemd: `rdinit=`, `init=` (admin-guide/kernel-parameters);
 * 3. a root whose changes are lost: `overlayroot=` of the kernel command line, which counts before
 *    /etc/overlayroot.local.conf, and that before /etc/overlayroot.conf (the package's script in init-bottom);
 *    `boot=overlay` of raspi-config before Bullseye; `systemd.volatile=` (systemd-volatile-root.service(8));
 * 4. one command in the place of the services: `systemd.run=` (systemd-run-generator(8));
 * 5. another target: the last word for one (kernel-command-line(7)), or else the link default.target;
 * 6. single units that are left out: `systemd.mask=`.
 */
export const normalStart: Effect = (node) => {
  const words = kernelWords(node)
  // Nearly all command lines have none of these.
  const byWords = words.some((word) => notable.test(word))
    ? [...otherPrograms(node, words), ...otherTarget(node, words), ...lesser(node, words)]
    : []
  return [...byWords, ...(words.some(isTarget) ? [] : defaultTarget(node)), ...overlayFiles(node)]
}

const notable =
  /^(break|rdinit|init|overlayroot|boot|systemd\.(run|unit|mask|volatile))(=|$)|^(-b|-?s|S|[1-5]|emergency|rescue|single)$/

/** Programs that start systemd in the end, or the stock first boot, which restarts the node. */
const usual = [
  '/sbin/init',
  '/usr/sbin/init',
  '/bin/init',
  '/lib/systemd/systemd',
  '/usr/lib/systemd/systemd',
  '/bin/systemd',
  '/usr/bin/systemd',
  '/usr/lib/raspi-config/init_resize.sh',
  '/usr/lib/raspberrypi-sys-mods/firstboot',
]

function otherPrograms(node: FinishedNode, words: readonly string[]): Problem[] {
  const init = kernelWord(node, 'init')
  const initramfs = kernelWord(node, 'rdinit')
  const stop = words.find((word) => /^break(=|$)/.test(word))
  const command = kernelWord(node, 'systemd.run')
  return [
    ...(stop === undefined ? [] : [report(node, stop, 'the start stops in a shell')]),
    ...(initramfs === undefined || initramfs === '/init'
      ? []
      : [
          report(node, `rdinit=${initramfs}`, `${initramfs} runs in the place of the initramfs' own program`),
        ]),
    ...(init === undefined || usual.includes(init)
      ? []
      : [report(node, `init=${init}`, `${init} runs in the place of systemd`)]),
    ...(command === undefined
      ? []
      : [report(node, `systemd.run=${command}`, 'systemd runs this command and starts no services')]),
  ]
}

/** The words for targets that systemd has from sysvinit and the kernel. */
const targets: Readonly<Record<string, string>> = {
  '-b': 'emergency.target',
  emergency: 'emergency.target',
  ...Object.fromEntries(['rescue', 'single', '-s', 's', 'S', '1'].map((word) => [word, 'rescue.target'])),
  ...Object.fromEntries(['2', '3', '4'].map((word) => [word, 'multi-user.target'])),
  '5': 'graphical.target',
}

const isTarget = (word: string) => word.startsWith('systemd.unit=') || Object.hasOwn(targets, word)
const isUsual = (target: string) => /^(multi-user|graphical|default|runlevel[2-5])\.target$/.test(target)

function otherTarget(node: FinishedNode, words: readonly string[]): Problem[] {
  const word = words.findLast(isTarget)
  if (word === undefined) return []
  const target = targets[word] ?? word.slice('systemd.unit='.length)
  if (isUsual(target)) return []
  return [report(node, word, `systemd starts ${target} in the place of its services`)]
}

/** The link of `systemctl set-default`. */
function defaultTarget({ root }: FinishedNode): Problem[] {
  const path = '/etc/systemd/system/default.target'
  const link = root.findLink(path)?.target
  if (link === undefined) return []
  const target = link.slice(link.lastIndexOf('/') + 1)
  if (isUsual(target)) return []
  const what = `systemd starts ${target} in the place of its services`
  return [error(root.place(path), what, 'run systemctl set-default multi-user.target in the base image')]
}

/** The last of these files counts, where the package is installed. */
function overlayFiles({ root, facts, ...node }: FinishedNode): Problem[] {
  if (!facts.packages.has('overlayroot') || kernelWord({ root, facts, ...node }, 'overlayroot') !== undefined)
    return []
  const lines = ['/etc/overlayroot.conf', '/etc/overlayroot.local.conf'].flatMap((path) =>
    (root.text(path)?.split('\n') ?? []).map((text, index) => ({ path, text, line: index + 1 })),
  )
  const last = lines.findLast(({ text }) => /^\s*overlayroot=/.test(text))
  if (last === undefined || /=["']?(disabled)?["']?\s*$/.test(last.text)) return []
  return [warning(root.place(last.path, last.line), lost, 'remove the line from the base image')]
}

/** The node starts, and something of it is missing. */
function lesser(node: FinishedNode, words: readonly string[]): Problem[] {
  const overlay = kernelWord(node, 'overlayroot')
  const isLost =
    overlay === undefined ? kernelWord(node, 'boot') === 'overlay' : !/^(|disabled)$/.test(overlay)
  const isVolatile = /^(yes|true|1|on|state|overlay)$/.test(kernelWord(node, 'systemd.volatile') ?? '')
  const masked = words.filter((word) => word.startsWith('systemd.mask='))
  return [
    ...(isLost
      ? [report(node, overlay === undefined ? 'boot=overlay' : `overlayroot=${overlay}`, lost, warning)]
      : []),
    ...(isVolatile
      ? [report(node, `systemd.volatile=${kernelWord(node, 'systemd.volatile') ?? ''}`, lost, warning)]
      : []),
    ...masked.map((word) => report(node, word, `systemd does not start ${word.slice(13)}`, warning)),
  ]
}

const lost = 'the root is kept in memory: at each start the node loses what it has changed'

/** A word that a person asked for by `kernel_args` is a warning. */
function report(node: FinishedNode, word: string, what: string, make = error): Problem {
  const path = commandLineFile(node)
  const asked = node.plan.values.get('kernel_args')?.value
  const isAsked = Array.isArray(asked) && (asked as readonly unknown[]).includes(word)
  const hint = `remove ${word} from ${isAsked ? 'kernel_args' : `${path.slice(1)} of the base image`}`
  return (isAsked ? warning : make)(node.boot.place(path, 1), `by ${word} ${what}`, hint)
}
