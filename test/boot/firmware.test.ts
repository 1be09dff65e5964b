import { describe, expect, it } from 'vitest'
import {
  bootFiles,
  type FirmwareBoard,
  kernelCommandLine,
  pi3SerialPort,
} from '../../builder/boot/firmware.js'

const lines = (...all: string[]): string => `${all.join('\n')}\n`

/** What a board would start from these settings and files. */
function found(config: string, files: readonly string[], board: FirmwareBoard = 'pi4') {
  return bootFiles(config, board, (path) => files.includes(path))
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
    expect(found(config, [], 'pi3').kernel).toBe('/b')
    expect(found(config, [], 'pi4')).toEqual({ kernel: '/c', commandLine: '/other.txt' })
  })

  it('is a 32-bit kernel where arm_64bit is off, or a Raspberry Pi 3 has no other', () => {
    expect(found('arm_64bit=0', ['/kernel8.img'], 'pi3').kernel).toBe('/kernel7.img')
    expect(found('arm_64bit=0', ['/kernel8.img'], 'pi4').kernel).toBe('/kernel7l.img')
    expect(found('', ['/kernel7.img'], 'pi3').kernel).toBe('/kernel7.img')
  })

  it('looks behind os_prefix first', () => {
    const files = ['/new/kernel8.img', '/kernel8.img', '/cmdline.txt']
    expect(found('os_prefix=new/', files)).toEqual({
      kernel: '/new/kernel8.img',
      commandLine: '/cmdline.txt',
    })
  })

  it('ignores an initramfs that is not there, and line ends of Windows', () => {
    expect(found('initramfs gone.img followkernel\r\nkernel=k\r\n', ['/k'])).toEqual({
      kernel: '/k',
      commandLine: '/cmdline.txt',
    })
  })
})

describe('the kernel command line', () => {
  it('is the first line, with serial0 as the kernel of the emulated board names it', () => {
    expect(
      kernelCommandLine('console=serial0,115200 console=tty1 root=/dev/x\nsecond line\n', 'ttyAMA0'),
    ).toEqual({
      before: 'console=serial0,115200 console=tty1 root=/dev/x',
      after: 'console=ttyAMA0,115200 console=tty1 root=/dev/x',
    })
  })

  it.each(['root=/dev/x console=serial01', 'xconsole=serial0', 'console=ttyS0,115200 quiet'])(
    'leaves %s alone',
    (text) => {
      expect(kernelCommandLine(text, 'ttyAMA0').after).toBe(text)
    },
  )
})

describe('the serial port of a Pi 3', () => {
  // header of ten words, one property (token, length, name, value), names
  const tree = (value: string, name: string) => {
    const text = Buffer.from(`${value}\0`)
    const property = Buffer.alloc(12)
    property.writeUInt32BE(3, 0)
    property.writeUInt32BE(text.length, 4)
    const names = Buffer.from(`other\0${name}\0`)
    property.writeUInt32BE(6, 8)
    const header = Buffer.alloc(40)
    header.writeUInt32BE(40 + property.length + text.length, 12)
    return Buffer.concat([header, property, text, names])
  }

  it.each([
    ['as Linux numbers it', tree('/soc/serial@7e215040', 'serial1'), 'ttyS1'],
    ['as Raspberry Pi numbers it', tree('/soc/serial@7e215040', 'serial0'), 'ttyS0'],
    ['by no number', tree('/soc/serial@7e215040', 'uart1'), 'ttyS0'],
    ['of another device', tree('/soc/serial@7e201000', 'serial1'), 'ttyS0'],
  ])('%s', (_, deviceTree, port) => {
    expect(pi3SerialPort(deviceTree)).toBe(port)
  })
})
