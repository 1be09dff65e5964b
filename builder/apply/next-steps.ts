import { relative } from 'node:path'
import { isMaster, masterOf, type Role } from '../model/cluster-node.js'
import type { Plan } from '../model/plan.js'

interface BuiltNode {
  readonly role: Role
  readonly plan: Plan
}

/** What to do with the cards: write them, the order of switching on, the time it takes, the next command. */
export function nextSteps(
  nodes: readonly BuiltNode[],
  outputs: readonly string[],
  { folder, hasBundle }: { readonly folder: string; readonly hasBundle: boolean },
): string[] {
  const first = relative(folder, outputs[0] ?? '')
  const images =
    outputs.length === 1 ? `${first} to a card` : `${first} and the others, each to its own card,`
  const hasMaster = nodes.some(isMaster)
  const isAlone = nodes.length === 1
  const installs = nodes.some(({ plan }) => hasPackages(plan))
  const minutes = hasBundle ? '2 to 5' : '5 to 15'
  return [
    `Next: write ${images} with Raspberry Pi Imager ("Use custom")`,
    ...(hasMaster && !isAlone
      ? ['Switch on the master first, then the others in any order: they wait for the master.']
      : []),
    ...(installs
      ? [
          `The first boot takes ${minutes} minutes${isAlone ? '' : ' per node'}; piimg.txt on the card's boot partition shows the progress.`,
        ]
      : []),
    ...loginOf(nodes),
  ]
}

function hasPackages({ values }: Plan): boolean {
  const packages = values.get('packages')?.value
  return Array.isArray(packages) && packages.length > 0
}

/** Users log in to the master; without a master, to the only node. */
function loginOf(nodes: readonly BuiltNode[]): string[] {
  const node = masterOf(nodes) ?? (nodes.length === 1 ? nodes[0] : undefined)
  if (node === undefined) return []
  return [`Log in with: piimg ssh${isMaster(node) ? '' : ` ${node.plan.hostname}`}, in this folder`]
}
