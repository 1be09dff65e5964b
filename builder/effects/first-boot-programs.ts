import { error } from '../model/problem.js'
import type { Effect } from './effect.js'

/** Settings on the boot partition, and the program that applies them at the first boot. */
const files: readonly (readonly [path: string, program: string])[] = [
  ['/custom.toml', 'the stock first boot'],
  ['/userconf', 'userconf-pi'],
  ['/userconf.txt', 'userconf-pi'],
  ['/rpi-preseed.toml', 'rpi-preseed'],
  ['/wpa_supplicant.conf', 'raspberrypi-net-mods'],
]

/**
 * Nothing sets up the node at its first boot except piimg. Each of these programs reads its file after piimg's settings
 * are made: firstboot of raspberrypi-sys-mods, by `init=` of the kernel command line; userconf-service of userconf-pi,
 * which takes userconf first; rpi-preseed(5); raspberrypi-net-mods. The overlay no-wizard removes the files and masks the
 * units.
 */
export const firstBootPrograms: Effect = ({ boot }) =>
  files
    .filter(([path]) => boot.find(path) !== undefined)
    .map(([path, program]) => {
      const what = `${program} applies this file at the first boot, after piimg's own settings`
      return error(boot.place(path), what, 'remove the file from the base image')
    })
