import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { chooseMachine } from '../emulate/choose-machine.js'
import type { Machine } from '../emulate/machine.js'
import type { NodePlace } from '../emulate/networks.js'
import type { EmulatedCard } from '../emulate/prepare.js'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import { withImage } from '../image/open-image.js'
import { readRecord } from '../image/plan-record.js'
import { readMembers } from '../load/remembered.js'
import { clusterFile, readRequests } from '../load/requests.js'
import { loginKeyFile, stateFolder } from '../load/state.js'
import type { PlanRecord } from '../model/plan-record.js'
import { unpackedImage } from './engine.js'

/** The cards to boot, read: an image, a node's, or all of the folder's cluster. */
export async function readCards(
  folder: string,
  wanted: string | undefined,
  machine: Machine | undefined,
): Promise<EmulatedCard[]> {
  const names = wanted === undefined ? clusterCards(folder) : [chooseCard(folder, wanted)]
  const cards: EmulatedCard[] = []
  for (const name of names) cards.push(await readCard(name, machine))
  if (cards.length > 1) checkMaster(cards)
  return cards
}

async function readCard(name: string, wanted: Machine | undefined): Promise<EmulatedCard> {
  const image = resolve(await unpackedImage(name))
  return await withImage(image, name, async (open) => {
    const record = readRecord(open)
    const key = keyFor(resolve(name))
    return {
      ...(await chooseMachine(open, wanted)),
      node: basename(name).replace(/\.img$/, ''),
      card: { image, name, bootPartition: open.bootPartition },
      size: open.size,
      place: placeOf(basename(name), record),
      user: text(record, 'user') || 'pi',
      ...(key === undefined ? {} : { key }),
    }
  })
}

function placeOf(label: string, record: PlanRecord | undefined): NodePlace {
  const of = (name: string) => text(record, name)
  const gateway = of('gateway')
  return {
    label,
    role: record?.role ?? 'worker',
    topology: of('topology'),
    address: of('address'),
    network: of('network'),
    reserved: of('reserved'),
    gateway: gateway === 'none' ? '' : gateway,
    dns: list(record?.values['dns']),
    mac: of('mac'),
    hasUplink: of('wifi_ssid') !== '' || of('uplink') !== '',
  }
}

/** Empty where there is none. */
function text(record: PlanRecord | undefined, name: string): string {
  const value = record?.values[name]
  return typeof value === 'string' ? value : ''
}

function list(value: PlanRecord['values'][string] | undefined): readonly string[] {
  return typeof value === 'object' ? value : typeof value === 'string' ? [value] : []
}

const cardsFolder = 'out'
const howToBuild = 'piimg build --profile worker --hostname node3 makes one'

function refuse(key: string, what: string, hint: string): UserError {
  return new UserError([{ severity: 'error', where: { file: 'command line', key }, what, hint }])
}

function builtCards(folder: string): string[] {
  const place = join(folder, cardsFolder)
  return existsSync(place)
    ? readdirSync(place)
        .filter((name) => name.endsWith('.img'))
        .sort()
    : []
}

/** A file, or the card of a node in out/. */
function chooseCard(folder: string, wanted: string): string {
  if (existsSync(resolve(folder, wanted)) && statSync(resolve(folder, wanted)).isFile()) return wanted
  const images = builtCards(folder)
  if (images.includes(`${wanted}.img`)) return join(cardsFolder, `${wanted}.img`)
  const hint = images.length === 0 ? howToBuild : `${cardsFolder}/ has ${images.join(', ')}`
  throw refuse(wanted, `"${wanted}" is neither an image nor a node that was built in this folder`, hint)
}

/** Those in out/ of the folder's cluster; what it has no card for is told. */
function clusterCards(folder: string): string[] {
  const images = builtCards(folder)
  const nodes = clusterNodes(folder)
  const wanted = nodes.length === 0 ? images : nodes.map((node) => `${node}.img`)
  const found = wanted.filter((name) => images.includes(name))
  if (found.length === 0) throw refuse('NODE', 'no card was built in this folder (out/*.img)', howToBuild)
  const tell = (what: string, names: readonly string[]) => {
    if (names.length > 0) report.warn(`${what}: ${names.map((name) => join(cardsFolder, name)).join(', ')}`)
  }
  tell(
    'not built yet',
    wanted.filter((name) => !found.includes(name)),
  )
  tell(
    'not of this cluster',
    images.filter((name) => !found.includes(name)),
  )
  return found.map((name) => join(cardsFolder, name))
}

/** Of the cluster file, or those that were built here one by one. */
function clusterNodes(folder: string): string[] {
  if (!existsSync(join(folder, clusterFile)))
    return readMembers(folder).map(({ values }) => values.get('hostname')?.value ?? '')
  const { hostnames, problems } = readRequests(folder, {})
  if (problems.some(({ severity }) => severity === 'error')) throw new UserError(problems)
  return [...hostnames]
}

/** Only the master leads to the others, for them and for us. */
function checkMaster(cards: readonly EmulatedCard[]): void {
  const masters = cards.filter(({ place }) => place.role === 'master')
  if (masters.length === 1) return
  const names = (masters.length === 0 ? cards : masters).map(({ node }) => node).join(', ')
  const what = masters.length === 0 ? `none of ${names} is a master` : `${names} are all masters`
  throw refuse('NODE', what, 'build the card of the master: piimg build --profile master; or name one node')
}

function keyFor(image: string): string | undefined {
  const key = [process.cwd(), dirname(image), dirname(dirname(image))]
    .map((place) => join(stateFolder(place), loginKeyFile))
    .find((file) => existsSync(file))
  return key === undefined ? undefined : relative(process.cwd(), key)
}
