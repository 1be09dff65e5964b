import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file, type PracticeEntry } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase, stockText } from '../support/practice-base.js'

const stock = stockText('trixie', 'boot/config.txt') ?? ''
const words = 'console=tty1 root=/dev/mmcblk0p2'
const config = (...lines: string[]) => file('/config.txt', `${stock}${lines.join('\n')}\n`)
const kernels = [
  'kernel8.img',
  'kernel_2712.img',
  'bcm2711-rpi-4-b.dtb',
  'bcm2712-rpi-5-b.dtb',
  'bcm2710-rpi-3-b.dtb',
]

/** The text of a file of the boot partition on a card with `kernel_args = mitigations=off`. */
function written(boot: readonly PracticeEntry[], path: string, set: Readonly<Record<string, string>> = {}) {
  const base = practiceBase('trixie', [], boot)
  const { plan } = planOf({ base, set: { kernel_args: 'mitigations=off', ...set } })
  const entry = plan.boot.find((each) => each.path === path)
  return entry?.kind === 'file' ? wholeOf(entry.content).toString() : undefined
}

describe('the file with the kernel command line', () => {
  it('is the one that cmdline of config.txt names', () => {
    const boot = [config('cmdline=mycmd.txt'), file('/mycmd.txt', `${words}\n`)]
    expect(effectsOn('trixie', { boot })).toEqual([])
    expect(written(boot, '/mycmd.txt')).toContain(`${words} mitigations=off`)
    expect(written(boot, '/cmdline.txt')).toBeUndefined()
    const wrong = [config('cmdline=mycmd.txt'), file('/mycmd.txt', 'root=/dev/sda9\n')]
    expect(effectsOn('trixie', { boot: wrong })[0]).toMatch(/^trixie.img: boot\/mycmd.txt, line 1: /)
  })

  it('is behind os_prefix where a kernel and a device tree are', () => {
    const system = [
      ...kernels.map((name) => file(`/os1/${name}`, 'x')),
      file('/os1/cmdline.txt', `${words}\n`),
    ]
    const on = (setting: string, path: string) =>
      written([config(setting), ...system, file('/own.txt', words)], path, { board: 'pi4' })
    expect(on('os_prefix=os1/', '/os1/cmdline.txt')).toContain('mitigations=off')
    expect(on('os_prefix=os2/', '/cmdline.txt')).toContain('mitigations=off')
    expect(on('os_prefix=os1/\ncmdline=/own.txt', '/own.txt')).toContain('mitigations=off')
  })

  it('is named in a file that config.txt includes', () => {
    const boot = [
      config('include more.txt'),
      file('/more.txt', 'cmdline=mycmd.txt\n'),
      file('/mycmd.txt', words),
    ]
    expect(written(boot, '/mycmd.txt')).toContain('mitigations=off')
  })

  it('depends on the board', () => {
    const boot = [config('[pi4]', 'cmdline=four.txt'), file('/four.txt', `${words}\n`)]
    expect(written(boot, '/four.txt', { board: 'pi4' })).toContain('mitigations=off')
    expect(written(boot, '/cmdline.txt', { board: 'pi5' })).toContain('mitigations=off')
    expect(effectsOn('trixie', { boot, set: { board: 'pi4' } })).toEqual([])
    expect(effectsOn('trixie', { boot })).toEqual([
      'trixie.img: boot/config.txt: which of cmdline.txt, four.txt has the kernel command line depends on the board; ' +
        'piimg writes to the first',
    ])
  })

  it('is not there', () => {
    const boot = [config('[pi4]', 'cmdline=four.txt')]
    expect(effectsOn('trixie', { boot, set: { board: 'pi4' } })[0]).toBe(
      'trixie.img: boot/config.txt: the firmware reads the kernel command line from four.txt, which is not there',
    )
    expect(() => practiceBase('trixie', [], [config('cmdline=none.txt')])).toThrow(
      'the boot partition has no none.txt, which config.txt names',
    )
  })

  it('has one line', () => {
    const boot = [file('/cmdline.txt', `${words}\n\nquiet\n`)]
    expect(effectsOn('trixie', { boot })).toEqual([
      'trixie.img: boot/cmdline.txt, line 3: the kernel gets only the first line of this file',
    ])
  })

  it('has the words of kernel_args, unless boot_config names another file', () => {
    const boot = [file('/mycmd.txt', `${words}\n`)]
    const set = { kernel_args: 'mitigations=off', boot_config: 'cmdline=mycmd.txt' }
    expect(effectsOn('trixie', { boot, set })).toEqual([
      'command line: --set boot_config: the firmware reads the kernel command line from mycmd.txt, which lacks mitigations=off',
    ])
  })
})

it('is no question where a profile has no overlay that writes the words', () => {
  const { problems } = planOf({ base: practiceBase('trixie'), set: { kernel_args: 'quiet' }, overlays: [] })
  expect(problems).toEqual([])
})

describe('the boot partition', () => {
  it('is the one that the firmware starts', () => {
    const autoboot = (text: string) => effectsOn('trixie', { boot: [file('/autoboot.txt', text)] })
    expect(autoboot('[all]\nboot_partition=1\n[tryboot]\nboot_partition=2\n')).toEqual([])
    expect(autoboot('[all]\ntryboot_a_b=1\nboot_partition=2\n')).toEqual([
      'trixie.img: boot/autoboot.txt, line 3: the firmware boots from partition 2, and piimg writes to partition 1',
    ])
  })

  it('is not hidden by boot.img', () => {
    const ramdisk = (value: string) => effectsOn('trixie', { boot: [config(`boot_ramdisk=${value}`)] })
    expect(ramdisk('0')).toEqual([])
    expect(ramdisk('1')[0]).toMatch(
      /: the firmware reads the files in boot.img, which piimg does not change$/,
    )
  })
})
