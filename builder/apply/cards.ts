import { dirname, join } from 'node:path'
import { StepError } from '../errors.js'
import { breathe } from '../host/interrupt.js'
import { removeLeftovers } from '../host/work-folder.js'
import type { PackagesLock } from '../model/bundle.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { Plan } from '../model/plan.js'
import { buildReport, type MadeCard } from './build-report.js'
import { type CardJob, makeCard } from './card.js'
import { withOutputFolder } from './output.js'
import { forgetNode, rememberNode, type ToRemember } from './remember.js'
import { saveLock } from './save-lock.js'
import { saveState } from './save-state.js'
import { writeKnownHosts, writeSshConfig } from './ssh-files.js'
import { staggered, type Turn } from './stagger.js'
import { timed } from './timed.js'
import type { WriteCard } from './write-card.js'

/** One card of a build. */
export interface CardToMake
  extends Pick<CardJob, 'base' | 'plan' | 'steps' | 'entries' | 'output'>, ToRemember {}

/** All cards of a build. */
export interface CardsJob {
  /** Of the cluster. */
  readonly folder: string
  readonly cards: readonly CardToMake[]
  /** The engine. */
  readonly write: WriteCard
  readonly state: ClusterState
  readonly desk: Desk
  /** Where the cards bring their packages along: the name of the lock, and what it is to be where it is not that. */
  readonly bundle?: { readonly lockName: string; readonly newLock?: PackagesLock }
  /** Whether the finished paths are printed. */
  readonly printsPaths: boolean
}

/** What cards mean for the user's own computer. */
export interface Desk {
  /** The text of `.piimg/ssh_config`, for the nodes that are remembered by now. */
  sshConfig(): string
  /** The names of nodes in whose place others are, of those that were built now. */
  replaced(built: readonly string[]): readonly string[]
  /** The address that a node's certificate is for, where it was for another before this build; empty: for names only. */
  newAddress(plan: Plan): { readonly now: string; readonly before: string } | undefined
}

/**
 * Makes the cards one after the other; those before a failure stay.
 * @returns undefined where another piimg has begun the cluster of this folder meanwhile, so that the plans are for none
 * @throws {StepError}
 */
export async function makeCards(job: CardsJob): Promise<MadeCard[] | undefined> {
  const made: MadeCard[] = []
  const works = job.cards.map((card, index) => async (turn: Turn): Promise<void> => {
    made.push(await makeOne(job, card, { ...turn, isFirst: index === 0 }))
    await breathe()
  })
  try {
    await withOutputFolder(dirname(job.cards[0]?.output ?? ''), () => staggered(works))
    return made
  } catch (error) {
    if (error instanceof AnotherWasFirst) return undefined
    throw error
  } finally {
    if (made.length > 0) {
      const built = made.map(({ hostname }) => hostname)
      await finish(job, built)
    }
  }
}

class AnotherWasFirst extends StepError {
  constructor() {
    super({ step: 'start this cluster', reason: 'another piimg process was faster' })
  }
}

/** The cluster is stored when its first card is complete, so a failed build leaves nothing behind. */
async function begin({ folder, state, bundle }: CardsJob): Promise<void> {
  const made = await saveState(folder, state)
  if (made === undefined) throw new AnotherWasFirst()
  buildReport.state(folder, made)
  if (bundle === undefined) return
  const { lockName, newLock } = bundle
  removeLeftovers(folder)
  if (newLock === undefined) return
  await saveLock(join(folder, lockName), newLock)
  buildReport.lock(lockName)
}

async function makeOne(
  job: CardsJob,
  card: CardToMake,
  turn: Turn & { readonly isFirst: boolean },
): Promise<MadeCard> {
  const { folder, desk, write } = job
  const onReady = async (): Promise<void> => {
    await turn.previous
    if (turn.isFirst) await begin(job)
  }
  const seconds = await timed((onStep) => makeCard({ ...card, write, onReady, onCopied: turn.next, onStep }))
  buildReport.certificate(card.plan, desk.newAddress(card.plan))
  await rememberNode(folder, card.plan, card)
  return buildReport.card({ folder, card, seconds, printsPath: job.printsPaths })
}

/** What is known of the nodes on this computer follows the cards that are whole, also when others failed. */
async function finish({ folder, desk, state }: CardsJob, built: readonly string[]): Promise<void> {
  for (const hostname of desk.replaced(built)) {
    forgetNode(folder, hostname)
    buildReport.forgotten(hostname)
  }
  await writeKnownHosts(folder, state.authority)
  await writeSshConfig(folder, desk.sshConfig())
}
