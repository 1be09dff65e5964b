import { describe, expect, it } from 'vitest'
import { askedFiles, bootFiles } from '../../builder/boot/boot-files.js'
import { readConfig } from '../../builder/boot/config-txt.js'
import { type BoardName, boardNamed } from '../../builder/model/board.js'

const lines = (...all: string[]): string => `${all.join('\n')}\n`

const given = (config: string, name: BoardName) => {
  const board = boardNamed(name)
  return { board, settings: readConfig((path) => (path === '/config.txt' ? config : undefined), board) }
}

/** What a board would start from these settings and files. */
function found(config: string, files: readonly string[], name: BoardName = 'pi4') {
  const { settings, board } = given(config, name)
  return bootFiles(settings, board, (path) => files.includes(path))
}

/** What a board asks for; a question mark where it starts without it. */
function asked(config: string, files: readonly string[], name: BoardName) {
  const { settings, board } = given(config, name)
  const all = askedFiles(settings, board, (path) => files.includes(path))
  return all.map(({ path, isRequired }) => (isRequired ? path : `${path} ?`))
}

describe('what config.txt makes the firmware start', () => {
  it('is kernel8.img without a word, and initramfs8 with auto_initramfs (Raspberry Pi OS)', () => {
    const files = ['/kernel8.img', '/initramfs8', '/kernel7l.img', '/initramfs7l', '/kernel_2712.img']
    expect(found('', files)).toEqual({ kernel: '/kernel8.img', commandLine: '/cmdline.txt' })
    const config = lines(
      'dtparam=audio=on',
      'auto_initramfs=1',
      'arm_64bit=1',
      '[pi5]',
      'kernel=kernel_2712.img',
    )
    expect(found(config, files)).toEqual({
      kernel: '/kernel8.img',
      initramfs: '/initramfs8',
      commandLine: '/cmdline.txt',
    })
  })

  it("is what Debian's raspi-firmware names", () => {
    const config = lines('arm_64bit=1', 'kernel=vmlinuz-6.12-arm64', 'initramfs initrd.img-6.12-arm64')
    expect(found(config, ['/vmlinuz-6.12-arm64', '/initrd.img-6.12-arm64'])).toEqual({
      kernel: '/vmlinuz-6.12-arm64',
      initramfs: '/initrd.img-6.12-arm64',
      commandLine: '/cmdline.txt',
    })
  })

  it('takes the last value, of [all] and of its own board', () => {
    const config = lines(
      'kernel=a',
      '[pi3]',
      'kernel=b',
      '[pi4]',
      'kernel=c',
      '[none]',
      'kernel=d',
      '[all]',
      '#kernel=e',
      'cmdline=other.txt',
    )
    expect(found(config, [], 'pi3b').kernel).toBe('/b')
    expect(found(config, [], 'pi4')).toEqual({ kernel: '/c', commandLine: '/other.txt' })
  })

  it('is a 32-bit kernel where arm_64bit is off, or a Raspberry Pi 3 has no other', () => {
    expect(found('arm_64bit=0', ['/kernel8.img'], 'pi3b').kernel).toBe('/kernel7.img')
    expect(found('arm_64bit=0', ['/kernel8.img'], 'pi4').kernel).toBe('/kernel7l.img')
    expect(found('', ['/kernel7.img'], 'pi3b').kernel).toBe('/kernel7.img')
  })

  it('is behind os_prefix where a kernel and a device tree are, and everything else then too', () => {
    const files = [
      '/new/kernel8.img',
      '/new/bcm2711-rpi-4-b.dtb',
      '/kernel8.img',
      '/cmdline.txt',
      '/initramfs8',
    ]
    expect(found('os_prefix=new/\nauto_initramfs=1', files)).toEqual({
      kernel: '/new/kernel8.img',
      deviceTree: '/new/bcm2711-rpi-4-b.dtb',
      commandLine: '/new/cmdline.txt',
    })
  })

  it('is not behind an os_prefix that leads to no device tree, or to no kernel', () => {
    const others = ['/kernel8.img', '/cmdline.txt']
    for (const own of ['/new/kernel8.img', '/new/bcm2711-rpi-4-b.dtb']) {
      expect(found('os_prefix=new/', [own, ...others])).toEqual({
        kernel: '/kernel8.img',
        commandLine: '/cmdline.txt',
      })
    }
  })

  it('is behind upstream/ with upstream_kernel, unless os_prefix names another', () => {
    const files = ['/upstream/kernel8.img', '/upstream/bcm2711-rpi-4-b.dtb', '/kernel8.img', '/cmdline.txt']
    expect(found('upstream_kernel=1', files).commandLine).toBe('/upstream/cmdline.txt')
    expect(found('upstream_kernel=0', files).commandLine).toBe('/cmdline.txt')
    expect(found('upstream_kernel=1\nos_prefix=', files).commandLine).toBe('/cmdline.txt')
  })

  it('is past os_prefix where a name begins with a slash', () => {
    const files = ['/mine.img', '/new/bcm2711-rpi-4-b.dtb']
    expect(found('os_prefix=new/\nkernel=/mine.img', files)).toMatchObject({
      kernel: '/mine.img',
      commandLine: '/new/cmdline.txt',
    })
  })

  it('is kernel_2712.img on a Raspberry Pi 5, else kernel8.img, each with its initramfs', () => {
    const both = ['/kernel_2712.img', '/initramfs_2712', '/kernel8.img', '/initramfs8']
    const config = 'auto_initramfs=1\narm_64bit=0'
    expect(found(config, both, 'pi5')).toMatchObject({
      kernel: '/kernel_2712.img',
      initramfs: '/initramfs_2712',
    })
    expect(found(config, both.slice(2), 'pi5')).toMatchObject({
      kernel: '/kernel8.img',
      initramfs: '/initramfs8',
    })
  })

  it('is a 32-bit kernel on a board that runs no other, whatever is there', () => {
    const files = ['/kernel8.img', '/kernel7.img', '/kernel.img']
    expect(found('arm_64bit=1', files, 'pi2-1.1').kernel).toBe('/kernel7.img')
    expect(found('arm_64bit=1', files, 'pi2-1.2').kernel).toBe('/kernel8.img')
    expect(found('', files, 'zerow').kernel).toBe('/kernel.img')
  })

  it("has the board's device tree, the first that is there, or the one that is named", () => {
    const files = ['/bcm2837-rpi-3-b.dtb', '/bcm2710-rpi-3-b.dtb', '/bcm2710-rpi-3-b-plus.dtb', '/own.dtb']
    expect(found('', files, 'pi3b').deviceTree).toBe('/bcm2710-rpi-3-b.dtb')
    expect(found('', files.slice(0, 1), 'pi3b').deviceTree).toBe('/bcm2837-rpi-3-b.dtb')
    expect(found('', files, 'pi3b+').deviceTree).toBe('/bcm2710-rpi-3-b-plus.dtb')
    expect(found('device_tree=own.dtb', files, 'pi3b').deviceTree).toBe('/own.dtb')
    expect(found('device_tree=', files, 'pi3b').deviceTree).toBe(undefined)
  })

  it('ignores an initramfs that is not there, and line ends of Windows', () => {
    expect(found('initramfs gone.img followkernel\r\nkernel=k\r\n', ['/k'])).toEqual({
      kernel: '/k',
      commandLine: '/cmdline.txt',
    })
  })
})

describe('what a board asks for', () => {
  it('is, of a Raspberry Pi 3, the loader, the firmware, and what that starts', () => {
    const config = 'auto_initramfs=1\n[pi4]\ndtoverlay=other\n[all]\ndtoverlay=vc4-kms-v3d,cma-256\n'
    expect(asked(config, ['/kernel7.img', '/initramfs7'], 'pi3b')).toEqual([
      '/bootcode.bin',
      '/start.elf',
      '/fixup.dat',
      '/config.txt ?',
      '/bcm2710-rpi-3-b.dtb',
      '/overlays/overlay_map.dtb ?',
      '/overlays/vc4-kms-v3d.dtbo ?',
      '/cmdline.txt',
      '/kernel7.img',
      '/initramfs7',
    ])
  })

  it('has no loader on a Raspberry Pi 4', () => {
    expect(asked('', [], 'pi4').slice(0, 3)).toEqual(['/start4.elf', '/fixup4.dat', '/config.txt ?'])
  })

  it('has no firmware on a Raspberry Pi 5, which does not boot without config.txt', () => {
    expect(asked('', ['/kernel8.img', '/bcm2712d0-rpi-5-b.dtb'], 'pi5')).toEqual([
      '/config.txt',
      '/bcm2712d0-rpi-5-b.dtb',
      '/overlays/overlay_map.dtb ?',
      '/cmdline.txt',
      '/kernel8.img',
    ])
  })

  it.each([
    ['start_x=1', 'pi3b', '/start_x.elf', '/fixup_x.dat'],
    ['start_x=1', 'pi4', '/start4x.elf', '/fixup4x.dat'],
    ['start_debug=1', 'pi400', '/start4db.elf', '/fixup4db.dat'],
    ['gpu_mem=16', 'zero', '/start_cd.elf', '/fixup_cd.dat'],
    ['start_file=a.elf\nfixup_file=a.dat', 'cm4', '/a.elf', '/a.dat'],
  ] as const)('is other firmware with %s on %s', (config, name, start, fixup) => {
    const files = asked(config, [], name)
    expect(files.slice(files.indexOf(start))).toEqual(expect.arrayContaining([start, fixup]))
    expect(files.filter((path) => /\.(elf|dat)$/.test(path))).toEqual([start, fixup])
  })

  it('has the overlays of another system only where their README is', () => {
    const shared = asked('os_prefix=new/\ndtoverlay=a', [], 'pi4')
    expect(shared).toContain('/overlays/a.dtbo ?')
    const own = asked('os_prefix=new/\ndtoverlay=a', ['/new/overlays/README'], 'pi4')
    expect(own).toContain('/new/overlays/a.dtbo ?')
    expect(asked('overlay_prefix=more/\ndtoverlay=a', [], 'pi4')).toContain('/more/a.dtbo ?')
  })
})
