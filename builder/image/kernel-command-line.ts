import { readCommandLines } from '../boot/command-line.js'
import { anyBoard, type CommandLines, commandLinesOf, type Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'

type Complain = (key: string, what: string, hint: string) => void

/** The files with kernel command lines, and the words of the first one that has any. */
export function readCommandLine(
  boot: FileTree,
  complain: Complain,
): { readonly commandLines: CommandLines; readonly words: readonly string[] } {
  const text = (path: string) => boot.readFile(path)?.toString('latin1')
  const commandLines = readCommandLines({ text, has: (path) => boot.stat(path)?.kind === 'file' })
  const paths = commandLinesOf(commandLines, anyBoard)
  const line = paths.map((path) => (text(path) ?? '').split('\n')[0]?.trim()).find(Boolean)
  const [path = ''] = paths
  if (line === undefined && boot.stat(path) === undefined) {
    const named = path === '/cmdline.txt' ? '' : ', which config.txt names'
    const what = `the boot partition has no ${path.slice(1)}${named}`
    complain(`boot${path}`, what, 'it contains the kernel command line')
  } else if (line === undefined) {
    const hint = 'the firmware reads only the first line, the kernel command line'
    complain(`boot${path}`, 'its first line is empty', hint)
  }
  return { commandLines, words: (line ?? '').split(/\s+/) }
}

/**
 * systemd.link(5): predictable names unless the default link file is masked, or the kernel command line disables them.
 */
export function readInterfaceNames(root: FileTree, commandLine: readonly string[]): 'kernel' | 'predictable' {
  const masked = ['/etc/systemd/network/99-default.link', '/etc/udev/rules.d/80-net-setup-link.rules'].some(
    (path) => root.stat(path)?.target === '/dev/null',
  )
  return masked || commandLine.includes('net.ifnames=0') ? 'kernel' : 'predictable'
}

/** What the stock first boot does, by the kernel command line and the packages. */
export function readFirstBoot(
  commandLine: readonly string[],
  packages: ReadonlyMap<string, string>,
): Facts['firstBoot'] {
  if (commandLine.some((word) => word.endsWith('/init_resize.sh'))) return 'init_resize'
  if (commandLine.includes('init=/usr/lib/raspberrypi-sys-mods/firstboot')) return 'firstboot'
  if (commandLine.includes('resize')) return 'resize'
  return packages.has('cloud-initramfs-growroot') ? 'growroot' : 'none'
}
