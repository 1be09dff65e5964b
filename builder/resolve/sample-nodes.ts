import { join } from 'node:path'
import type { OpenImage } from '../image/open-image.js'
import { packageRoot } from '../load/package-root.js'
import type { Facts } from '../model/facts.js'
import type { Plan } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import { CollectedProblems } from './collected-problems.js'
import { loadMembers } from './members.js'
import { placeholderState } from './new-state.js'
import { planMembers } from './plan-members.js'

interface SampleNodes {
  readonly plans: readonly Plan[]
  /** Every problem that these nodes have on this base image. */
  readonly problems: readonly Problem[]
}

/** Nobody's cluster, with values for which every promise is checked. */
const set = [
  'wifi_ssid=sample',
  'wifi_country=GB',
  'locale=en_GB.UTF-8',
  'timezone=Europe/London',
  'keyboard=gb',
]
const nodes = [
  { profile: 'master', hostname: ['master'], set: [...set, 'uplink=eth1'] },
  { profile: 'worker', hostname: ['node2'], set },
]

/** The plans of a master and a worker on a base image: what piimg does with an image before anybody describes a cluster. */
export async function planSamples(image: OpenImage, facts: Facts): Promise<SampleNodes> {
  const found = new CollectedProblems()
  const folder = join(packageRoot(), 'profiles')
  const place = { folder, home: folder, environment: {} }
  const base = { path: image.file, image, facts, bundler: undefined }
  const bases = { of: () => base, newLock: () => undefined, close: () => undefined }
  const plans: Plan[] = []
  for (const options of nodes) {
    const members = await loadMembers({ place, options, purpose: 'show' }, found)
    const state = placeholderState(0)
    plans.push(...(await planMembers({ members, bases, state, place }, found, ({ plan }) => plan)))
  }
  return { plans, problems: found.all() }
}
