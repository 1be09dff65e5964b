import { basename } from 'node:path'
import { ask, askSecret, choose } from '../host/ask.js'
import { ownNetworks } from '../host/networks.js'
import { parseCidr } from '../model/ipv4.js'
import { isIsolated, isShared, isTopology, masterProvides } from '../model/topology.js'
import { freeNetwork, type NewCluster } from '../plan/desk/cluster-text.js'
import { networkRefusal, refusal, workersRefusal } from './refusals.js'

const standardWorkers = 3

/** What options say of a new cluster, as typed and right. */
export interface GivenAnswers {
  readonly name?: string
  readonly network?: string
  readonly workers?: string
  /** Ask nothing. */
  readonly yes?: boolean
  /** Variables by name. */
  readonly known: Readonly<Record<string, string>>
}

/** The values of a new cluster: from the options, else from answers, else defaults. */
export async function answers(folder: string, given: GivenAnswers): Promise<NewCluster> {
  const { known } = given
  const asks = given.yes !== true
  const topology = isTopology(known['topology']) ? known['topology'] : 'routed'
  const name = given.name ?? known['name'] ?? (await askName(folder, asks))
  const workers = Number(given.workers ?? (await askWorkers(asks)))
  const isFlat = isShared(topology)
  const typed = given.network ?? known['network'] ?? (isFlat ? '' : await askNetwork(workers, asks))
  const network = parseCidr(typed)
  const isOnline = isFlat || ['wifi_ssid', 'uplink'].some((each) => each in known)
  const uplink = asks && !isOnline ? await askUplink(isIsolated(topology) ? 'each node' : 'the master') : {}
  const values = Object.entries({ ...known, ...uplink }).filter(
    ([each]) => each !== 'name' && each !== 'network',
  )
  const isOfMaster = (each: string) =>
    masterProvides(topology) && (each.startsWith('wifi_') || each === 'uplink')
  const part = (wanted: boolean) => Object.fromEntries(values.filter(([each]) => isOfMaster(each) === wanted))
  return {
    name,
    workers,
    ...(network === undefined ? {} : { network }),
    values: part(false),
    ofMaster: part(true),
  }
}

async function askName(folder: string, asks: boolean): Promise<string> {
  const standard = nameOf(folder)
  return asks ? await ask('What is the name of the cluster?', standard, refusal('hostname')) : standard
}

async function askWorkers(asks: boolean): Promise<string> {
  const standard = String(standardWorkers)
  return asks ? await ask('How many workers, in addition to the master?', standard, workersRefusal) : standard
}

async function askNetwork(workers: number, asks: boolean): Promise<string> {
  const own = ownNetworks()
  const free = freeNetwork(own).toString()
  const question = 'The network of the cluster? (not one that you use already)'
  return asks ? await ask(question, free, networkRefusal(own, workers)) : free
}

async function askUplink(who: string): Promise<Record<string, string>> {
  const way = await choose(`How does ${who} get to the internet?`, {
    wifi: 'by Wi-Fi',
    card: 'by a second network card (USB, or HAT)',
    none: 'not at all, or I will add it to the file later',
  })
  if (way === 'card')
    return { uplink: await ask('What is the name of that card?', 'eth1', refusal('interface')) }
  if (way === 'none') return {}
  const wifi_ssid = await ask('The name of the Wi-Fi?', '', refusal('ssid'))
  const wifi_psk = await askSecret('Its password? (leave empty for an open network)', (answer) =>
    answer === '' ? undefined : refusal('psk')(answer),
  )
  const country = await ask('In which country? (two letters, for the radio rules)', '', refusal('country'))
  return { wifi_ssid, ...(wifi_psk === '' ? {} : { wifi_psk }), wifi_country: country.toUpperCase() }
}

/** The folder's name, reduced to the characters of a hostname. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return refusal('hostname')(name) === undefined ? name : 'cluster'
}
