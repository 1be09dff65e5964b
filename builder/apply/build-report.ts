import { basename, relative } from 'node:path'
import { formatBytes, report } from '../host/report.js'
import type { OpenImage } from '../image/open-image.js'
import { authorityFile, loginKeyFile } from '../load/state.js'
import type { Facts } from '../model/facts.js'
import type { OpenPort } from '../model/open-port.js'
import type { Plan } from '../model/plan.js'

/** A finished card, as `--json` shows it. */
export interface MadeCard {
  readonly hostname: string
  readonly profile: string
  readonly address: string
  readonly user: string
  /** The path of the image. */
  readonly image: string
  /** By step. */
  readonly seconds: Readonly<Record<string, number>>
}

/** What a build says while it goes on. */
export const buildReport = {
  start(nodes: readonly { readonly base: OpenImage; readonly facts: Facts }[]): void {
    const bases = new Map(nodes.map(({ base, facts }) => [base, facts]))
    for (const [base, { distribution, release, architecture }] of bases) {
      const system = `${distribution === 'raspios' ? 'Raspberry Pi OS' : 'Debian'} ${release} ${architecture}`
      report.note(`base image ${basename(base.name)}: ${system}, ${formatBytes(base.size)}`)
    }
    if (nodes.length > 1) report.note(`building ${nodes.length} nodes`)
  },

  /** What strangers can reach. */
  openPorts(nodes: readonly { readonly plan: Plan; readonly openPorts: readonly OpenPort[] }[]): void {
    for (const { plan, openPorts: ports } of nodes) {
      const words = ports.map(
        ({ port, overlays }) => `${port} (${overlays.join(', ') || 'your own setting'})`,
      )
      if (words.length > 0) report.note(`${plan.hostname}: open to the uplink: ${words.join(', ')}`)
    }
  },

  /** @param made the files of `.piimg/` that are new */
  state(folder: string, made: readonly string[]): void {
    for (const path of made)
      report.note(`made ${relative(folder, path)}, which ${whatFor[basename(path)] ?? ''}`)
  },

  lock(name: string): void {
    report.note(`made ${name}, which names the packages on the cards: keep it with the cluster`)
  },

  /** A certificate is valid for names and addresses, so a node with a new address needs a new certificate. */
  certificate(
    { hostname }: Plan,
    address: { readonly now: string; readonly before: string } | undefined,
  ): void {
    if (address === undefined) return
    const { now, before } = address
    const words = [now === '' ? 'names only' : now, before === '' ? '' : ` (was: ${before})`]
    report.note(`new certificate for ${hostname}: ${words.join('')}`)
  },

  card({ folder, card, seconds, printsPath }: CardSaid): MadeCard {
    const { plan, output } = card
    const value = (name: string) => String(plan.values.get(name)?.value ?? '')
    const { hostname, profile } = plan
    const [address, user, path] = [value('address'), value('user'), relative(folder, output)]
    report.note(
      `${path}: ${profile} ${hostname}, ${address}, user ${user}, ` +
        `${plan.boot.length + plan.root.length} files; both file systems checked, every file read back`,
    )
    if (printsPath) report.result(path)
    return { hostname, profile, address, user, image: output, seconds }
  },

  forgotten(hostname: string): void {
    report.note(`forgot ${hostname}: another node now has its address`)
  },
}

interface CardSaid {
  readonly folder: string
  readonly card: { readonly plan: Plan; readonly output: string }
  readonly seconds: Readonly<Record<string, number>>
  readonly printsPath: boolean
}

const whatFor: Readonly<Record<string, string>> = {
  '.piimg':
    'stores this cluster: keep it, and build its other cards in this folder (another folder is another cluster)',
  [authorityFile]: 'certifies the nodes: build and write all older cards again',
  [loginKeyFile]: 'is the key to log in to the nodes: you had no ssh key',
}
