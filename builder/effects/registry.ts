import type { Problem } from '../model/problem.js'
import { accounts } from './accounts.js'
import { address } from './address.js'
import { automaticLogin } from './automatic-login.js'
import { bootloaderUpdate } from './bootloader-update.js'
import { cardName } from './card-name.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { firmwareFiles } from './firmware-files.js'
import { firstBootPrograms } from './first-boot-programs.js'
import { hostname } from './hostname.js'
import { identity } from './identity.js'
import { keyboard } from './keyboard.js'
import { language } from './language.js'
import { names } from './names.js'
import { normalStart } from './normal-start.js'
import { rootDevice } from './root-device.js'
import { rootGrowth } from './root-growth.js'
import { sshLogin } from './ssh-login.js'
import { sudo } from './sudo.js'
import { timeZone } from './time-zone.js'
import { uplink } from './uplink.js'
import { wifi } from './wifi.js'

/** One for each promise of a card. */
const effects: readonly Effect[] = [
  firmwareFiles,
  bootloaderUpdate,
  rootDevice,
  normalStart,
  firstBootPrograms,
  hostname,
  identity,
  rootGrowth,
  names,
  language,
  keyboard,
  timeZone,
  address,
  cardName,
  uplink,
  wifi,
  accounts,
  sshLogin,
  automaticLogin,
  sudo,
]

/** Everything on the finished node that is against a promise of the card. */
export function checkEffects(node: FinishedNode): Problem[] {
  return effects.flatMap((effect) => effect(node))
}
