import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'
import { secretsOf } from './old-secrets.js'

/**
 * No node has an identity of the computer that the base image comes from. systemd takes the machine ID, in this order,
 * from `systemd.machine_id=` of the kernel command line, /etc/machine-id, D-Bus's /var/lib/dbus/machine-id, and makes a
 * random one (machine-id(5), "Initialization"). The MAC address is the board's, unless the driver of a Pi 3 gets another
 * (`smsc95xx.macaddr=`) or a .link file has one (systemd.link(5), MACAddress). The overlay `identity` removes what programs
 * make again; `oldSecrets` lists the rest, which is reported.
 */
export const identity: Effect = (node) => [...machineId(node), ...macAddress(node), ...oldSecrets(node)]

function macAddress(node: FinishedNode): Problem[] {
  const { root, boot, plan } = node
  const what = 'every node gets this MAC address'
  const word = kernelWord(node, 'smsc95xx.macaddr')
  const asked = plan.values.get('kernel_args')?.value
  const isAsked = Array.isArray(asked) && asked.includes(`smsc95xx.macaddr=${word ?? ''}`)
  const byLinks = ['/etc/systemd/network', '/usr/local/lib/systemd/network'].flatMap((folder) =>
    root
      .names(folder)
      .filter((name) => name.endsWith('.link'))
      .flatMap((name) =>
        linesWith(root.text(`${folder}/${name}`), /^\s*MACAddress\s*=\s*\S/, `${folder}/${name}`),
      ),
  )
  return [
    ...(word === undefined || isAsked
      ? []
      : [
          error(
            boot.place(commandLineFile(node), 1),
            what,
            'remove smsc95xx.macaddr= from cmdline.txt of the base image',
          ),
        ]),
    ...byLinks.map(({ path, line }) =>
      error(root.place(path, line), what, 'remove the line from the base image'),
    ),
  ]
}

function linesWith(
  text: string | undefined,
  pattern: RegExp,
  path: string,
): { path: string; line: number }[] {
  const lines = text?.split('\n') ?? []
  return lines.flatMap((each, index) => (pattern.test(each) ? [{ path, line: index + 1 }] : []))
}

const idFile = '/etc/machine-id'
const busFile = '/var/lib/dbus/machine-id'

function machineId(node: FinishedNode): Problem[] {
  const { boot, root, plan } = node
  const word = kernelWord(node, 'systemd.machine_id') ?? 'firmware'
  const args = plan.values.get('kernel_args')?.value
  const isWanted = Array.isArray(args) && args.includes(`systemd.machine_id=${word}`)
  if (word !== 'firmware' && !isWanted) {
    const hint = 'remove systemd.machine_id= from cmdline.txt of the base image'
    return [error(boot.place(commandLineFile(node), 1), 'every node gets this machine ID', hint)]
  }
  const text = root.text(idFile)
  if (text === undefined) {
    const what = `there is no ${idFile}: systemd cannot make one while the root is read-only`
    return [warning(root.place(idFile), what, 'create an empty file in the base image')]
  }
  const file = hasId(text) ? idFile : hasId(root.text(busFile) ?? '') ? busFile : undefined
  if (file === undefined) return []
  const hint = 'use a profile with the overlay identity, or empty the file in the base image'
  return [error(root.place(file, 1), 'every node gets the machine ID of the base image', hint)]
}

function hasId(text: string): boolean {
  return !['', 'uninitialized'].includes(text.trim())
}

function oldSecrets({ root, base, facts, plan }: FinishedNode): Problem[] {
  return secretsOf(base, facts.users).flatMap(({ path, what, hint }) => {
    const found = root.find(afterMoves(plan.root, path))
    if (found === undefined || found.isPlanned) return []
    const where = { file: facts.file, key: `root${path}` }
    return [warning(where, `${what} of the base image is the same on every node`, hint)]
  })
}

/** Where a file of the base image is after the moves. */
function afterMoves(entries: FinishedNode['plan']['root'], path: string): string {
  for (const entry of entries) {
    if (entry.kind === 'move' && path.startsWith(`${entry.path}/`))
      return entry.to + path.slice(entry.path.length)
  }
  return path
}
