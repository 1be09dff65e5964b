import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, normalize, resolve } from 'node:path'
import { standardFolder } from '../apply/output.js'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import { readMembers } from '../load/remembered.js'
import { findLibrary } from '../load/library.js'
import { clusterFile, readRequests } from '../load/requests.js'
import type { Place } from '../model/place.js'
import { textOf } from '../plan/values.js'
import { commandLine, error } from '../model/problem.js'

const howToBuild = 'build one: piimg build --profile worker --hostname node3'

/**
 * The cards that are meant, as paths: an image, a node's, or all of the folder's cluster.
 * @throws {UserError} where there is none
 */
export function chooseCards(place: Place, wanted: string | undefined): string[] {
  const built = builtCards(place)
  return wanted === undefined ? clusterCards(place, built) : [chooseCard(place.folder, built, wanted)]
}

export function refuseCards(key: string, what: string, hint: string): UserError {
  return new UserError([error(commandLine(key), what, hint)])
}

/** The card images in the folder for them, which the cluster file may name. */
interface Built {
  /** As it is typed: relative to the cluster's folder, or absolute. */
  readonly folder: string
  readonly images: readonly string[]
}

function builtCards(place: Place): Built {
  const hasFile = existsSync(join(place.folder, clusterFile))
  const given = hasFile ? readRequests(place, {}, findLibrary(place.folder)).settings.output?.text : undefined
  const folder = given === undefined || given.endsWith('.img') ? standardFolder : normalize(`${given}/.`)
  const cards = resolve(place.folder, folder)
  if (!existsSync(cards)) return { folder, images: [] }
  const images = readdirSync(cards).filter((name) => name.endsWith('.img'))
  return { folder, images: images.sort() }
}

/** A file, or the card of a node. */
function chooseCard(folder: string, { folder: cards, images }: Built, wanted: string): string {
  if (statSync(resolve(folder, wanted), { throwIfNoEntry: false })?.isFile() === true) return wanted
  if (images.includes(`${wanted}.img`)) return join(cards, `${wanted}.img`)
  const hint = images.length === 0 ? howToBuild : `${cards}/ has ${images.join(', ')}`
  throw refuseCards(wanted, `"${wanted}" is neither an image nor a node that was built in this folder`, hint)
}

/** Those of the folder's cluster; what it has no card for is reported. */
function clusterCards(place: Place, { folder, images }: Built): string[] {
  const nodes = clusterNodes(place)
  const wanted = nodes.length === 0 ? images : nodes.map((node) => `${node}.img`)
  const found = wanted.filter((name) => images.includes(name))
  if (found.length === 0)
    throw refuseCards('NODE', `no card was built in this folder (${folder}/*.img)`, howToBuild)
  const warnOf = (what: string, names: readonly string[]) => {
    if (names.length > 0) report.warn(`${what}: ${names.map((name) => join(folder, name)).join(', ')}`)
  }
  const isNotFound = (name: string) => !found.includes(name)
  warnOf('not built yet', wanted.filter(isNotFound))
  warnOf('not of this cluster', images.filter(isNotFound))
  return found.map((name) => join(folder, name))
}

/** From the cluster file, or those that were built in this folder one by one. */
function clusterNodes(place: Place): string[] {
  if (!existsSync(join(place.folder, clusterFile)))
    return readMembers(place.folder).map(({ values }) => textOf(values, 'hostname'))
  const { hostnames, problems } = readRequests(place, {}, findLibrary(place.folder))
  if (problems.some(({ severity }) => severity === 'error')) throw new UserError(problems)
  return [...hostnames]
}
