import { accounts } from './accounts.js'
import { address, addressBySettings } from './address.js'
import { automaticLogin } from './automatic-login.js'
import { bootloaderUpdate } from './bootloader-update.js'
import { cardName } from './card-name.js'
import type { Effect } from './effect.js'
import { firmwareFiles } from './firmware-files.js'
import { firstBootPrograms } from './first-boot-programs.js'
import { hostname } from './hostname.js'
import { identity } from './identity.js'
import { keyboard } from './keyboard.js'
import { language } from './language.js'
import { mdns } from './mdns.js'
import { names } from './names.js'
import { normalStart } from './normal-start.js'
import { resolver } from './resolver.js'
import { rootDevice } from './root-device.js'
import { rootGrowth } from './root-growth.js'
import { savedWifi } from './saved-wifi.js'
import { sshLogin } from './ssh-login.js'
import { sudo } from './sudo.js'
import { timeZone } from './time-zone.js'
import { uplink } from './uplink.js'
import { wifi } from './wifi.js'

/** The promises of a card, by the names that `inspect` shows, each with its checks. */
export const promises: Readonly<Record<string, Effect | readonly Effect[]>> = {
  'boot files': firmwareFiles,
  bootloader: bootloaderUpdate,
  'root file system': rootDevice,
  'growth of the root': rootGrowth,
  start: normalStart,
  'first boot': firstBootPrograms,
  hostname,
  identity,
  names,
  'name servers': resolver,
  mDNS: mdns,
  language,
  keyboard,
  'time zone': timeZone,
  address: [address, addressBySettings],
  'network cards': cardName,
  uplink,
  'Wi-Fi': wifi,
  'saved Wi-Fi': savedWifi,
  accounts,
  ssh: sshLogin,
  'automatic login': automaticLogin,
  sudo,
}
