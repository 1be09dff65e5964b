import { warning } from '../model/problem.js'
import type { Effect } from './effect.js'

/**
 * No board changes its bootloader because of a card. recovery.bin on a card writes `pieeprom.bin` or `pieeprom.upd`, and on
 * a Pi 4 `vl805.bin`, into the EEPROM; the bootloader itself does the same with `pieeprom.upd` where `pieeprom.sig` is
 * beside it (raspberrypi.com/documentation, "Raspberry Pi boot EEPROM"). Such files are left behind by rpi-eeprom-update.
 */
export const bootloaderUpdate: Effect = ({ boot }) => {
  return updates
    .filter((name) => boot.find(name) !== undefined)
    .map((name) => {
      const what = `each board that boots this card writes ${name.slice(1)} into its EEPROM`
      const hint = 'if not wanted, remove it from the base image, with recovery.bin and the .sig files'
      return warning(boot.place(name), what, hint)
    })
}

const updates = ['/pieeprom.upd', '/pieeprom.bin', '/vl805.bin']
