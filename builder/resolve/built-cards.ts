import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import { readMembers } from '../load/remembered.js'
import { clusterFile, readRequests } from '../load/requests.js'
import type { Place } from '../model/place.js'

const cardsFolder = 'out'
const howToBuild = 'piimg build --profile worker --hostname node3 makes one'

/**
 * The cards that are meant, as paths: an image, a node's, or all of the folder's cluster.
 * @throws {UserError} where there is none
 */
export function chooseCards(place: Place, wanted: string | undefined): string[] {
  return wanted === undefined ? clusterCards(place) : [chooseCard(place.folder, wanted)]
}

export function refuseCards(key: string, what: string, hint: string): UserError {
  return new UserError([{ severity: 'error', where: { file: 'command line', key }, what, hint }])
}

function builtCards(folder: string): string[] {
  const cards = join(folder, cardsFolder)
  if (!existsSync(cards)) return []
  return readdirSync(cards)
    .filter((name) => name.endsWith('.img'))
    .sort()
}

/** A file, or the card of a node in out/. */
function chooseCard(folder: string, wanted: string): string {
  if (statSync(resolve(folder, wanted), { throwIfNoEntry: false })?.isFile() === true) return wanted
  const images = builtCards(folder)
  if (images.includes(`${wanted}.img`)) return join(cardsFolder, `${wanted}.img`)
  const hint = images.length === 0 ? howToBuild : `${cardsFolder}/ has ${images.join(', ')}`
  throw refuseCards(wanted, `"${wanted}" is neither an image nor a node that was built in this folder`, hint)
}

/** Those in out/ of the folder's cluster; what it has no card for is reported. */
function clusterCards(place: Place): string[] {
  const images = builtCards(place.folder)
  const nodes = clusterNodes(place)
  const wanted = nodes.length === 0 ? images : nodes.map((node) => `${node}.img`)
  const found = wanted.filter((name) => images.includes(name))
  if (found.length === 0)
    throw refuseCards('NODE', 'no card was built in this folder (out/*.img)', howToBuild)
  const warnOf = (what: string, names: readonly string[]) => {
    if (names.length > 0) report.warn(`${what}: ${names.map((name) => join(cardsFolder, name)).join(', ')}`)
  }
  const isNotFound = (name: string) => !found.includes(name)
  warnOf('not built yet', wanted.filter(isNotFound))
  warnOf('not of this cluster', images.filter(isNotFound))
  return found.map((name) => join(cardsFolder, name))
}

/** Of the cluster file, or those that were built here one by one. */
function clusterNodes(place: Place): string[] {
  if (!existsSync(join(place.folder, clusterFile)))
    return readMembers(place.folder).map(({ values }) => values.get('hostname')?.value ?? '')
  const { hostnames, problems } = readRequests(place, {})
  if (problems.some(({ severity }) => severity === 'error')) throw new UserError(problems)
  return [...hostnames]
}
