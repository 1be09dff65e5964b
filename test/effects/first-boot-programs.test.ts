import { describe, expect, it } from 'vitest'
import { checkEffects } from '../../builder/effects/check-effects.js'
import { wholeOf } from '../../builder/model/content.js'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'

function planned(release: Release, boot: readonly PracticeEntry[] = []) {
  return planOf({ base: practiceBase(release, [], boot) }).plan
}

const masked = (release: Release) =>
  planned(release).root.flatMap((entry) =>
    entry.kind === 'symlink' && entry.target === '/dev/null' && entry.path.endsWith('.service')
      ? [entry.path.slice(entry.path.lastIndexOf('/') + 1)]
      : [],
  )

const cloudInit = ['cloud-config', 'cloud-final', 'cloud-init-local', 'cloud-init-main', 'cloud-init-network']
const cloudUnits = [...cloudInit, 'cloud-init'].map((name) => `${name}.service`)
const preseed = ['rpi-preseed-runcmd-early', 'rpi-preseed-runcmd-late', 'rpi-preseed']
const preseedUnits = preseed.map((name) => `${name}.service`)

describe('first-boot programs', () => {
  it.each([
    ['buster', []],
    ['bullseye', ['userconfig.service']],
    ['bookworm', ['userconfig.service']],
    ['bookworm-desktop', ['userconfig.service']],
    ['trixie', [...cloudUnits, 'userconfig.service']],
    ['trixie-2025', [...cloudUnits, 'userconfig.service']],
    ['trixie-desktop', [...cloudUnits, 'userconfig.service']],
    ['trixie-preseed', [...preseedUnits, 'userconfig.service']],
    ['debian', []],
  ] as const)('are masked by package on %s', (release, units) => {
    expect(masked(release)).toEqual(units)
    expect(effectsOn(release, {})).toEqual([])
  })

  const left = [
    ...['custom.toml', 'firstrun.sh', 'userconf', 'userconf.txt', 'failed_userconf.txt', 'rpi-preseed.toml'],
    ...['wpa_supplicant.conf', 'ssh', 'ssh.txt', 'user-data', 'meta-data', 'network-config', 'vendor-data'],
  ]

  it('find nothing on the boot partition', () => {
    for (const release of ['bullseye', 'bookworm', 'trixie', 'trixie-preseed'] as const) {
      const { boot } = planned(
        release,
        left.map((name) => file(`/${name}`, 'x')),
      )
      const removed = boot.filter(({ kind }) => kind === 'removal').map(({ path }) => path.slice(1))
      expect(removed).toEqual([...left].sort())
    }
  })

  it('are not started by the kernel command line', () => {
    const run = 'systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot'
    const imager = `quiet ${run} systemd.unit=kernel-command-line.target ds=nocloud;i=rpi-imager-1 cloud-init=enabled`
    const words = `root=/dev/mmcblk0p2 ${imager} cfg80211.ieee80211_regdom=GB`
    const { boot } = planned('bookworm', [file('/cmdline.txt', `${words}\n`)])
    const entry = boot.find(({ path }) => path === '/cmdline.txt')
    expect(entry?.kind === 'file' && wholeOf(entry.content).toString()).toMatch(
      /^root=\/dev\/mmcblk0p2 quiet cfg80211.ieee80211_regdom=GB( |\n)/,
    )
    expect(effectsOn('bookworm', { boot: [file('/cmdline.txt', `${words}\n`)] })).toEqual([])
  })

  it('are reported where the overlay no-wizard is not used', () => {
    const programs = {
      'custom.toml': 'the stock first boot',
      userconf: 'userconf-pi',
      'userconf.txt': 'userconf-pi',
      'rpi-preseed.toml': 'rpi-preseed',
      'wpa_supplicant.conf': 'raspberrypi-net-mods',
    }
    const files = Object.keys(programs).map((name) => file(`/${name}`, 'x'))
    const base = practiceBase('trixie-preseed', [], files)
    const { plan } = planOf({ base, overlays: [] })
    const found = checkEffects(base.image, base.facts, plan)
    expect(found.map(({ severity, where, what }) => `${severity} ${where.key}: ${what}`)).toEqual(
      Object.entries(programs).map(
        ([name, program]) =>
          `error boot/${name}: ${program} applies this file at the first boot, after piimg's own settings`,
      ),
    )
  })
})
