import { mkdirSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import { join } from 'node:path'
import { Console } from './guest.js'
import { cardSize, layerFiles, prepareLayer } from './layer.js'
import { type Login, sshWords } from './login.js'
import { codeBuffer, type Machine, processorsOfEach } from './machine.js'
import { networkAlone, networksOfCluster, type NodeNetwork, type NodePlace } from './networks.js'
import type { EmulatedNode } from './nodes.js'
import { Switch } from './switch.js'
import { formatBytes, report } from '../host/report.js'
import { masterOf } from '../model/cluster-node.js'
import type { ChosenMachine } from './choose-machine.js'
import type { LayeredCard } from './boot-partition.js'

/** A card image and its record. */
export interface EmulatedCard extends ChosenMachine {
  /** The name in messages. */
  readonly node: string
  readonly card: Omit<LayeredCard, 'layer'>
  /** Bytes of the image. */
  readonly size: number
  readonly place: NodePlace
  readonly user: string
  /** The absolute path of the private key of the cluster that was built here, or where the image is. */
  readonly key?: string
}

/** The parts that all nodes of a run share. */
export interface Run {
  readonly folder: string
  /** An absolute path. */
  readonly keep?: string
  /** The port that is forwarded to the master, or to the only node. */
  readonly sshPort: number
  readonly stop: AbortSignal
  /** Whether events of the nodes are reported now. */
  readonly voice: { isQuiet: boolean }
}

/** Everything that is needed to boot cards: a layer and a network for each, and one folder per node. */
export async function prepareNodes(cards: readonly EmulatedCard[], run: Run): Promise<EmulatedNode[]> {
  const [only, ...others] = cards
  if (only === undefined) return []
  const processors = processorsOfEach(cards.length, availableParallelism())
  if (others.length === 0) {
    const network = networkAlone(only.place, run.sshPort)
    return [await prepareNode(only, network, new Switch(), { ...run, processors, memory: 1024, prefix: '' })]
  }
  const networks = networksOfCluster(
    cards.map(({ place }) => place),
    run.sshPort,
  )
  const lan = new Switch()
  const nodes: EmulatedNode[] = []
  for (const [index, card] of cards.entries()) {
    const keep = run.keep === undefined ? {} : { keep: join(run.keep, card.node) }
    const own = {
      ...run,
      ...keep,
      folder: join(run.folder, card.node),
      processors,
      memory: memories[card.place.role],
      prefix: `${card.node}: `,
    }
    nodes.push(await prepareNode(card, networks[index] ?? { cards: [] }, lan, own))
  }
  return withLogins(nodes, cards, networks)
}

/** MiB, of a node among others. */
const memories = { master: 1024, worker: 768 } as const

async function prepareNode(
  { card, size, place: { label, role }, machine, kvm, user, key }: EmulatedCard,
  network: NodeNetwork,
  lan: Switch,
  run: Run & { readonly processors: number; readonly memory: number; readonly prefix: string },
): Promise<EmulatedNode> {
  const { folder, sshPort, stop, voice, processors, memory, prefix } = run
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = layerFiles(run.keep ?? folder)
  await prepareLayer(card.image, size, files)
  const login: Login = {
    user,
    host: '127.0.0.1',
    port: sshPort,
    folder,
    ...(key === undefined ? {} : { key }),
  }
  const say = (text: string) => {
    if (!voice.isQuiet) report.note(`${prefix}${text}`)
  }
  const { layer, log } = files
  return {
    label,
    role,
    card: { ...card, layer },
    machine,
    kvm,
    processors,
    memory,
    network,
    lan,
    folder,
    log,
    login,
    console: new Console(),
    keys: false,
    stop,
    say,
  }
}

/** The port of this computer is forwarded to the master. The other nodes are reached through the master. */
function withLogins(
  nodes: readonly EmulatedNode[],
  cards: readonly EmulatedCard[],
  networks: readonly NodeNetwork[],
): EmulatedNode[] {
  const via = masterOf(nodes)?.login
  return nodes.map((node, index) => {
    const card = cards[index]
    if (card === undefined || via === undefined || node.login === via) return node
    const { address, reserved } = card.place
    const leased = networks[index]?.outside?.leases === true ? networks[index].outside.network.guest : ''
    const host = address?.address ?? [reserved, leased, card.node].find((name) => name !== '') ?? ''
    return { ...node, login: { ...node.login, folder: via.folder, host, port: 22, via } }
  })
}

const machineNames: Readonly<Record<Machine, string>> = {
  virt: "QEMU's own machine",
  pi3: 'a Raspberry Pi 3',
}

/** What is booted on what, what it takes, and how to log in from `folder`. */
export function describe(
  cards: readonly EmulatedCard[],
  nodes: readonly EmulatedNode[],
  folder: string,
): void {
  for (const { card, machine, why, kvm, size, place } of cards) {
    const speed = kvm ? 'runs on this processor' : 'emulated: a boot takes a minute or two'
    report.note(
      `${card.name} on ${machineNames[machine]} (${why}; ${speed}), card of ${formatBytes(cardSize(size))}`,
    )
    if (place.isOnWifi)
      report.note(
        `${card.name}: QEMU has no Wi-Fi; the node has a wired card with DHCP, and not its own address`,
      )
  }
  const networks = new Set(cards.flatMap(({ place }) => place.network?.toString() ?? []))
  if (networks.size > 1)
    report.note(
      `the nodes are in ${networks.size} networks, and no router connects these here: boot the nodes of one network together`,
    )
  const MiB = 2 ** 20
  const guests = nodes.reduce((sum, { memory, kvm }) => sum + memory + (kvm ? 0 : codeBuffer), 0)
  if (nodes.length > 1) {
    const needs = `up to ${formatBytes(guests * MiB)} of memory (${formatBytes(freemem())} free)`
    const processors = Math.max(...nodes.map((node) => node.processors))
    const share = processors === 1 ? 'one processor each' : `${processors} processors each`
    report.note(`${nodes.length} nodes on one switch, ${share}, ${needs}`)
  }
  const entrance = nodes.find(({ login }) => login.via === undefined)
  if (entrance !== undefined) report.note(`ssh ${sshWords(entrance.login, folder).join(' ')}`)
}
