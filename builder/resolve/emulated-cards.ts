import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { chooseMachine } from '../emulate/choose-machine.js'
import type { Machine } from '../emulate/machine.js'
import type { NodePlace } from '../emulate/networks.js'
import type { EmulatedCard } from '../emulate/prepare.js'
import { withImage } from '../image/open-image.js'
import { readRecord } from '../image/plan-record.js'
import { loginKeyFile, stateFolder } from '../load/state.js'
import type { Place } from '../model/place.js'
import { isMaster } from '../model/cluster-node.js'
import { isWifiCard } from '../model/network-card.js'
import { parseCidr } from '../model/ipv4.js'
import { isTopology } from '../model/topology.js'
import type { PlanRecord } from '../model/plan-record.js'
import { chooseCards, refuseCards } from './built-cards.js'
import { unpackedImage } from './unpacked-image.js'

/** The cards to boot: an image file, a node's card, or all cards of the folder's cluster. @throws {UserError} */
export async function readCards(
  place: Place,
  wanted: string | undefined,
  machine: Machine | undefined,
): Promise<EmulatedCard[]> {
  const cards: EmulatedCard[] = []
  for (const name of chooseCards(place, wanted)) cards.push(await readCard(place.folder, name, machine))
  if (cards.length > 1) checkTogether(cards)
  return cards
}

async function readCard(folder: string, name: string, wanted: Machine | undefined): Promise<EmulatedCard> {
  const image = resolve(folder, await unpackedImage(name))
  return await withImage(image, name, async (open) => {
    const record = readRecord(open)
    const key = keyFor(folder, resolve(folder, name))
    return {
      ...(await chooseMachine(open, wanted)),
      node: basename(name).replace(/\.img$/, ''),
      card: { image, name, bootPartition: open.bootPartition },
      size: open.size,
      place: networkPlaceOf(basename(name), record),
      user: text(record, 'user') || 'pi',
      ...(key === undefined ? {} : { key }),
    }
  })
}

function networkPlaceOf(label: string, record: PlanRecord | undefined): NodePlace {
  const of = (name: string) => text(record, name)
  const [gateway, topology] = [of('gateway'), of('topology')]
  return {
    label,
    role: record?.role ?? 'worker',
    topology: isTopology(topology) ? topology : undefined,
    address: parseCidr(of('address')),
    network: parseCidr(of('network')),
    reserved: of('reserved'),
    gateway: gateway === 'none' ? '' : gateway,
    dns: list(record?.values['dns']),
    mac: of('mac'),
    hasUplink: of('wifi_ssid') !== '' || of('uplink') !== '',
    isOnWifi: isWifiCard(of('interface')),
  }
}

/** Empty if there is none. */
function text(record: PlanRecord | undefined, name: string): string {
  const value = record?.values[name]
  return typeof value === 'string' ? value : ''
}

function list(value: PlanRecord['values'][string] | undefined): readonly string[] {
  return typeof value === 'object' ? value : typeof value === 'string' ? [value] : []
}

/**
 * Whether cards can be booted together: the other nodes are reached only through the master, over the cluster's network,
 * which in QEMU is wired. @throws {UserError}
 */
export function checkTogether(cards: readonly Pick<EmulatedCard, 'node' | 'place'>[]): void {
  const namesOf = (some: typeof cards) => some.map(({ node }) => node).join(', ')
  const masters = cards.filter(({ place }) => isMaster(place))
  if (masters.length !== 1) {
    const what =
      masters.length === 0 ? `none of ${namesOf(cards)} is a master` : `${namesOf(masters)} are all masters`
    const hint = 'build the card of the master: piimg build --profile master; or name one node'
    throw refuseCards('NODE', what, hint)
  }
  const wireless = cards.filter(({ place }) => place.isOnWifi)
  if (wireless.length === 0) return
  const [first] = wireless
  const what = `the cluster's network is a Wi-Fi for ${namesOf(wireless)}, and QEMU has no Wi-Fi`
  throw refuseCards('NODE', what, `name one node: piimg emulate ${first?.node ?? ''}; it gets a wired card`)
}

/** The login key of the cluster of this folder, or of the image's. */
function keyFor(folder: string, image: string): string | undefined {
  return [folder, dirname(image), dirname(dirname(image))]
    .map((each) => join(stateFolder(each), loginKeyFile))
    .find((file) => existsSync(file))
}
