import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { ask, sharedFolder } from '../support/real-programs.js'

const generators = '/usr/lib/systemd/system-generators'
const folder = sharedFolder()

/** The units, as paths in a folder, that a generator of systemd makes of a kernel command line and an fstab. */
function generated(name: string, env: Readonly<Record<string, string>>): string[] {
  const out = mkdtempSync(join(folder, `${name}-`))
  const outside = { SYSTEMD_IN_INITRD: '0', SYSTEMD_PROC_CMDLINE: 'quiet', ...env }
  expect(ask([join(generators, name), out, out, out], { env: outside })).toMatchObject({ status: 0 })
  return readdirSync(out, { recursive: true, encoding: 'utf8' }).sort()
}

describe.skipIf(!existsSync(join(generators, 'systemd-run-generator')))('systemd', () => {
  it('starts the script of Raspberry Pi Imager by its kernel command line, and not by that of the card', () => {
    const unwanted = 'systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot'
    const words = `root=/dev/mmcblk0p2 quiet ${unwanted} systemd.unit=kernel-command-line.target`
    const started = (line: string) => generated('systemd-run-generator', { SYSTEMD_PROC_CMDLINE: line })
    expect(started(words)).toContain('default.target')
    const base = practiceBase('bookworm', [], [file('/cmdline.txt', `${words}\n`), file('/firstrun.sh')])
    const entry = planOf({ base }).plan.boot.find(({ path }) => path === '/cmdline.txt')
    const line = entry?.kind === 'file' ? wholeOf(entry.content).toString().trim() : words
    expect(line).toMatch(/^root=\/dev\/mmcblk0p2 quiet/)
    expect(started(line)).toEqual([])
  })

  it.each([
    ['/mnt/usb', 'UUID=8a1c7a64-2f0a-4c3e-9a52-0d5e8a3a7f11 /mnt/usb ext4 defaults 0 2', true],
    ['/mnt/usb', 'LABEL=disk /mnt/usb ext4 nofail 0 2', false],
    ['/mnt/usb', 'LABEL=disk /mnt/usb ext4 noauto 0 2', false],
    ['/mnt/usb', 'LABEL=disk /mnt/usb ext4 noatime,x-systemd.automount 0 2', false],
    ['/boot/firmware', 'UUID=0000-0001 /boot/firmware vfat defaults 0 2', true],
    ['/boot/firmware', 'UUID=0000-0001 /boot/firmware vfat defaults,nofail 0 2', false],
  ])('needs %s for a start as piimg says: %s', (where, line, isNeeded) => {
    const fstab = join(folder, 'fstab')
    writeFileSync(fstab, `${line}\n`)
    const units = generated('systemd-fstab-generator', { SYSTEMD_FSTAB: fstab })
    const unit = `local-fs.target.requires/${where.slice(1).replace('/', '-')}.mount`
    expect(units.includes(unit)).toBe(isNeeded)
    const found = effectsOn('bookworm', {
      root: [file('/etc/fstab', `${line}\n/dev/mmcblk0p1 /boot/firmware vfat\n`)],
    })
    expect(found.some((text) => text.includes(`fstab, line 1: ${where} is mounted from`))).toBe(isNeeded)
  })
})
