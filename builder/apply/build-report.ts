import { basename, relative } from 'node:path'
import { formatBytes, report } from '../host/report.js'
import type { OpenImage } from '../image/open-image.js'
import { authorityFile, loginKeyFile } from '../load/state.js'
import type { Facts } from '../model/facts.js'
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

  /** @param made the files of `.piimg/` that are new */
  state(folder: string, made: readonly string[]): void {
    for (const path of made)
      report.note(`made ${relative(folder, path)}, which ${whatFor[basename(path)] ?? ''}`)
  },

  lock(name: string): void {
    report.note(`made ${name}, which names the packages on the cards: keep it with the cluster`)
  },

  /** A certificate is for names and addresses, so that another address asks for another one. */
  certificate(
    { hostname }: Plan,
    address: { readonly now: string; readonly before: string } | undefined,
  ): void {
    if (address === undefined) return
    const { now, before } = address
    const words = [now === '' ? 'its names only' : now, before === '' ? '' : `, and no longer for ${before}`]
    report.note(`${hostname} is certified anew, for ${words.join('')}`)
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
    report.note(`${hostname} is remembered no more, as another node has its place now`)
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
    'remembers this cluster: keep it, and build its other cards here (another folder is another cluster)',
  [authorityFile]: 'the nodes know each other by: cards that were built before have to be written again',
  [loginKeyFile]: 'logs in to its nodes: you had no key of your own',
}
