import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publish } from '../apply/publish.js'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import { reportWarnings } from '../host/show.js'
import { withWorkFolder } from '../host/work-folder.js'
import { type NodeOptions, readCommandLine } from '../load/command-line.js'
import { findLibrary } from '../load/library.js'
import { clusterFile } from '../load/requests.js'
import { joined } from '../load/values.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { isSecret } from '../model/types/variable-types.js'
import { clusterText, type NewCluster } from '../plan/desk/cluster-text.js'
import { crowdedProblem, type InitAnswers, initProblems } from '../resolve/init-problems.js'
import { everyVariable } from '../resolve/kinds.js'
import { checkNewCluster } from '../resolve/new-cluster.js'
import { answers } from '../resolve/questions.js'

export interface InitOptions extends Pick<NodeOptions, 'set' | 'setFile'>, InitAnswers {
  readonly json?: boolean
}

/** `piimg init`: a `cluster.ini`, by asking a few questions; with `--yes` by asking none. */
export async function init(place: Place, options: InitOptions): Promise<number> {
  const { folder } = place
  const variables = everyVariable(findLibrary(folder))
  const line = readCommandLine({ set: options.set ?? [], setFile: options.setFile ?? [] }, place)
  const problems = [...line.problems]
  const typed = joined(variables, line.given, problems)
  refuse([...problems, ...initProblems(folder, options, { ...line, typed })])
  const known = Object.fromEntries(typed.map(({ name, text }) => [name, text]))
  const cluster = await answers(folder, { ...options, known })
  refuse(crowdedProblem(cluster))
  const names = Object.keys({ ...cluster.values, ...cluster.ofMaster })
  const holdsSecret = names.some((name) => isSecret(variables.get(name)?.type ?? 'text'))
  await withWorkFolder(folder, async (work) => {
    const partial = join(work, clusterFile)
    writeFileSync(partial, clusterText(cluster), { mode: holdsSecret ? 0o600 : 0o644 })
    const warnings = await checkNewCluster({ ...place, folder: work }, typed)
    publish(partial, join(folder, clusterFile))
    reportWarnings(warnings)
  })
  say(cluster, options)
  return 0
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new UserError(problems)
}

function say({ name, workers, network }: NewCluster, { json }: InitOptions): void {
  if (json === true)
    report.result(JSON.stringify({ file: clusterFile, name, workers, network }, undefined, 1))
  const some = workers === 1 ? 'one worker, node2' : `${workers} workers, node2 to node${workers + 1}`
  report.note(
    `wrote ${clusterFile}: a master and ${some}, in ${network?.toString() ?? 'an existing network'}`,
  )
  report.note('Next: put a Raspberry Pi OS image into this folder, check cluster.ini, and run: piimg build')
}
