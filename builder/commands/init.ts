import { existsSync, linkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isWritable } from '../apply/output.js'
import { StepError, UserError } from '../errors.js'
import { ask, askSecret, canAsk, choose, type Validate } from '../host/ask.js'
import { ownNetworks } from '../host/networks.js'
import { report } from '../host/report.js'
import { withWorkFolder } from '../host/work-folder.js'
import { type NodeOptions, readCommandLine } from '../load/command-line.js'
import { clusterFile } from '../load/requests.js'
import { type Given, joined } from '../load/values.js'
import { isRefusal, variableTypes } from '../model/types/variable-types.js'
import { hostAddress, parseCidr } from '../model/ipv4.js'
import type { Problem } from '../model/problem.js'
import { isSecretType, type VariableType } from '../model/variable.js'
import { clusterText, freeNetwork, type NewCluster, overlap } from '../plan/desk/cluster-text.js'
import { CollectedProblems } from '../resolve/collected-problems.js'
import { everyVariable, loadMembers } from '../resolve/members.js'
import { reportWarnings } from '../host/show.js'

export interface InitOptions extends Pick<NodeOptions, 'set' | 'setFile'> {
  readonly name?: string
  readonly network?: string
  readonly workers?: string
  readonly yes?: boolean
  readonly json?: boolean
}

const standardWorkers = 3
const mostWorkers = 999

/** `piimg init`: a `cluster.ini`, by asking a few questions; with `--yes` by asking none. */
export async function init(options: InitOptions): Promise<number> {
  const folder = process.cwd()
  const { given, hostnames, problems } = readCommandLine({
    set: options.set ?? [],
    setFile: options.setFile ?? [],
  })
  const variables = everyVariable(folder)
  const typed = joined(variables, given, problems)
  const wrong = [
    ...problems,
    ...checkOptions(folder, options),
    ...checkTyped(typed, options),
    ...(hostnames.length > 0 ? [hasManyNames] : []),
  ]
  if (wrong.length > 0) throw new UserError(wrong)
  const known = Object.fromEntries(typed.map(({ name, text }) => [name, text]))
  const cluster = await answers(folder, options, known)
  const crowded = crowdedProblem(cluster)
  if (crowded !== undefined) throw new UserError([crowded])
  const text = clusterText(cluster)
  await withWorkFolder(folder, async (work) => {
    const holdsSecret = Object.keys({ ...cluster.values, ...cluster.ofMaster }).some((name) =>
      isSecretType(variables.get(name)?.type ?? 'text'),
    )
    writeFileSync(join(work, clusterFile), text, { mode: holdsSecret ? 0o600 : 0o644 })
    const found = new CollectedProblems()
    await loadMembers(work, {}, found)
    if (found.hasErrors())
      throw new UserError(found.error().problems.map((problem) => asTyped(problem, typed)))
    publish(join(work, clusterFile), join(folder, clusterFile))
    reportWarnings(found.warnings())
  })
  if (options.json === true)
    report.result(JSON.stringify({ file: clusterFile, ...shown(cluster) }, undefined, 1))
  report.note(`wrote ${clusterFile}: ${describe(cluster)}`)
  report.note(
    'Next: put a Raspberry Pi OS image into this folder, look at cluster.ini, and type: piimg build',
  )
  return 0
}

function describe({ workers, network }: NewCluster): string {
  const some = workers === 1 ? 'one worker, node2' : `${workers} workers, node2 to node${workers + 1}`
  return `a master and ${some}, in ${network ?? 'a network that is there already'}`
}

/** A file that is not written cannot be looked at: what is wrong in it is told where it was typed. */
function asTyped(problem: Problem, typed: readonly Given[]): Problem {
  const [, name] = /^\[\w+\] (\w+)$/.exec(problem.where.key ?? '') ?? []
  const given = typed.find((each) => each.name === name)
  return given === undefined ? problem : { ...problem, where: given.origin }
}

/** What does not fit together, of what `--set` gives. */
function checkTyped(typed: readonly Given[], options: InitOptions): Problem[] {
  const origins = new Map(typed.map(({ name, origin }) => [name, origin]))
  const wrong = (name: string, what: string, hint: string): Problem[] => {
    const where = origins.get(name)
    return where === undefined ? [] : [{ severity: 'error', where, what, hint }]
  }
  const twice = (['name', 'network'] as const).filter((name) => options[name] !== undefined)
  return [
    ...twice.flatMap((name) => wrong(name, `the ${name} is given twice`, `use --${name} alone`)),
    ...(origins.has('wifi_country')
      ? []
      : wrong('wifi_ssid', 'Wi-Fi without wifi_country stays off', 'give --set wifi_country=GB, or yours')),
    ...(origins.has('wifi_ssid')
      ? []
      : wrong('wifi_psk', 'a Wi-Fi password without wifi_ssid', 'give --set wifi_ssid=…, too')),
  ]
}

const hasManyNames: Problem = {
  severity: 'error',
  where: { file: 'command line', key: '--set hostname' },
  what: 'one hostname for several nodes',
  hint: 'leave it out: they are called master, node2 and so on, and sections of cluster.ini have their names',
}

function publish(partial: string, path: string): void {
  try {
    linkSync(partial, path)
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? 'another piimg was first'
        : (error as Error).message
    throw new StepError({ step: `write ${path}`, reason }, { cause: error })
  }
}

function checkOptions(folder: string, { name, network, workers, yes }: InitOptions): Problem[] {
  const wrong = (key: string, what: string, hint: string): Problem => ({
    severity: 'error',
    where: { file: 'command line', key },
    what,
    hint,
  })
  const refused = (key: string, why: string | undefined): Problem[] =>
    why === undefined ? [] : [wrong(key, why, 'leave it out for a default')]
  const exists = existsSync(join(folder, clusterFile))
  return [
    ...(isWritable(folder)
      ? []
      : [
          {
            severity: 'error' as const,
            where: { file: clusterFile },
            what: `you may not write to ${folder}`,
            hint: 'begin in another folder',
          },
        ]),
    ...(exists
      ? [
          {
            severity: 'error' as const,
            where: { file: clusterFile },
            what: 'there is one already',
            hint: 'edit it, or begin in another folder',
          },
        ]
      : []),
    ...refused('--name', name === undefined ? undefined : refusal('hostname')(name)),
    ...refused('--network', network === undefined ? undefined : refusal('network')(network)),
    ...refused('--workers', workers === undefined ? undefined : workersRefusal(workers)),
    ...(yes === true || canAsk()
      ? []
      : [
          wrong(
            '--yes',
            'this is no terminal, so there is nobody to ask',
            'give --yes, and with --set what differs from the defaults',
          ),
        ]),
  ]
}

/** What the person wants: what the options say, else what is answered, else a default. */
async function answers(
  folder: string,
  options: InitOptions,
  known: Readonly<Record<string, string>>,
): Promise<NewCluster> {
  const asks = options.yes !== true
  const own = ownNetworks()
  const free = freeNetwork(own)
  const name =
    options.name ??
    known['name'] ??
    (asks ? await ask('What is the cluster called?', nameOf(folder), refusal('hostname')) : nameOf(folder))
  const workers = Number(
    options.workers ??
      (asks
        ? await ask('How many workers, beside the master?', String(standardWorkers), workersRefusal)
        : standardWorkers),
  )
  const { topology = 'routed' } = known
  const isFlat = topology === 'flat'
  const askNetwork = async () =>
    asks
      ? await ask(
          'The network of the cluster, one that you do not have yet?',
          free,
          networkRefusal(own, workers),
        )
      : free
  const network = options.network ?? known['network'] ?? (isFlat ? undefined : await askNetwork())
  const isOnline = isFlat || ['wifi_ssid', 'uplink'].some((each) => each in known)
  const uplink =
    asks && !isOnline ? await askUplink(topology === 'backbone' ? 'each node' : 'the master') : {}
  const given = Object.entries({ ...known, ...uplink }).filter(
    ([each]) => each !== 'name' && each !== 'network',
  )
  const isOfMaster = (each: string) =>
    topology === 'routed' && (each.startsWith('wifi_') || each === 'uplink')
  const part = (wanted: boolean) => Object.fromEntries(given.filter(([each]) => isOfMaster(each) === wanted))
  return {
    name,
    workers,
    ...(network === undefined ? {} : { network }),
    values: part(false),
    ofMaster: part(true),
  }
}

async function askUplink(who: string): Promise<Record<string, string>> {
  const way = await choose(`How does ${who} get to the internet?`, {
    wifi: 'by Wi-Fi',
    card: 'by a second network card (USB, or HAT)',
    none: 'not at all, or I will write that into the file later',
  })
  if (way === 'card') return { uplink: await ask('What is that card called?', 'eth1', refusal('interface')) }
  if (way === 'none') return {}
  const wifi_ssid = await ask('The name of the Wi-Fi?', '', refusal('ssid'))
  const wifi_psk = await askSecret('Its password? (nothing for an open one)', (answer) =>
    answer === '' ? undefined : refusal('psk')(answer),
  )
  const wifi_country = await ask(
    'In which country? (two letters: its radio rules hold)',
    '',
    refusal('country'),
  )
  return { wifi_ssid, ...(wifi_psk === '' ? {} : { wifi_psk }), wifi_country: wifi_country.toUpperCase() }
}

/** Why a text is no value of a type. */
function refusal(type: VariableType): Validate {
  return (text) => {
    const value = variableTypes[type].parse(text)
    return isRefusal(value)
      ? [value.what, value.hint].filter((part) => part !== undefined).join('; ')
      : undefined
  }
}

function networkRefusal(own: readonly string[], workers: number): Validate {
  return (network) => {
    const taken = own.find((each) => overlap(network, each))
    const why =
      taken === undefined
        ? crowdedProblem({ workers, network })?.what
        : `this computer is in that network: ${taken}`
    return refusal('network')(network) ?? why
  }
}

function workersRefusal(text: string): string | undefined {
  return /^[1-9]\d{0,2}$/.test(text) ? undefined : `"${text}" is no number of workers, 1 to ${mostWorkers}`
}

/** More workers than the network has addresses behind the master's. */
function crowdedProblem({ workers, network }: Pick<NewCluster, 'workers' | 'network'>): Problem | undefined {
  if (network === undefined) return undefined
  const cidr = parseCidr(network)
  if (cidr === undefined || hostAddress(cidr, workers + 1) !== undefined) return undefined
  const what = `${network} has no room for ${workers} workers`
  const hint = `${2 ** (32 - cidr.prefix) - 3} at most; or give a larger network, such as --network 10.0.0.0/16`
  return { severity: 'error', where: { file: 'command line', key: '--workers' }, what, hint }
}

/** The folder's name, as far as it can be a name in a network. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return refusal('hostname')(name) === undefined ? name : 'cluster'
}

function shown({ name, workers, network }: NewCluster) {
  return { name, workers, network }
}
