import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isWritable } from '../apply/output.js'
import { canAsk } from '../host/ask.js'
import { clusterFile } from '../load/requests.js'
import type { Given } from '../load/values.js'
import { commandLine, error, type Problem } from '../model/problem.js'
import type { NewCluster } from '../plan/desk/cluster-text.js'
import { checkWifi } from '../plan/rules/node.js'
import { crowded, refusal, workersRefusal } from './refusals.js'

/** What the options of `piimg init` say, beside variables. */
export interface InitAnswers {
  readonly name?: string
  readonly network?: string
  readonly workers?: string
  readonly yes?: boolean
}

/** What prevents a new cluster file in a folder, and what is wrong with the options. */
export function initProblems(
  folder: string,
  options: InitAnswers,
  line: { readonly typed: readonly Given[]; readonly hostnames: readonly string[] },
): Problem[] {
  return [
    ...folderProblems(folder),
    ...optionProblems(options),
    ...givenTwice(line.typed, options),
    ...checkWifi(
      new Map(line.typed.map(({ name, text, origin }) => [name, { value: text, by: 'given', origin }])),
    ),
    ...(line.hostnames.length > 0 ? [hasManyNames] : []),
  ]
}

/** More workers than the network has addresses after the master's. */
export function crowdedProblem({ workers, network }: NewCluster): Problem[] {
  const found = network === undefined ? undefined : crowded(network, workers)
  return found === undefined ? [] : [wrong('--workers', found.what, found.hint)]
}

function folderProblems(folder: string): Problem[] {
  const where = { file: clusterFile }
  const problems: Problem[] = []
  if (!isWritable(folder)) {
    const what = `no permission to write to ${folder}`
    problems.push(error(where, what, 'use another folder'))
  }
  if (existsSync(join(folder, clusterFile))) {
    const hint = 'edit it, or use another folder'
    problems.push(error(where, 'this file exists already', hint))
  }
  return problems
}

function optionProblems({ name, network, workers, yes }: InitAnswers): Problem[] {
  const refused = (key: string, text: string | undefined, why: (text: string) => string | undefined) => {
    const what = text === undefined ? undefined : why(text)
    return what === undefined ? [] : [wrong(key, what, 'leave it out to use the default')]
  }
  const isMute = yes !== true && !canAsk()
  return [
    ...refused('--name', name, refusal('hostname')),
    ...refused('--network', network, refusal('network')),
    ...refused('--workers', workers, workersRefusal),
    ...(isMute
      ? [
          wrong(
            '--yes',
            'this is not a terminal, so piimg cannot ask questions',
            'use --yes for the defaults, and --set for other values',
          ),
        ]
      : []),
  ]
}

function givenTwice(typed: readonly Given[], options: InitAnswers): Problem[] {
  return typed.flatMap(({ name, origin }): Problem[] => {
    if ((name !== 'name' && name !== 'network') || options[name] === undefined) return []
    const hint = `use --${name} alone`
    return [error(origin, `the ${name} is given twice`, hint)]
  })
}

const hasManyNames = wrong(
  '--set hostname',
  'one hostname for several nodes',
  'remove it: the nodes are named master, node2 and so on, like the sections of cluster.ini',
)

function wrong(key: string, what: string, hint: string): Problem {
  return error(commandLine(key), what, hint)
}
