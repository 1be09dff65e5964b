import { describe, expect, it } from 'vitest'
import { kernelCommandLine, pi3SerialPort } from '../../builder/boot/serial-console.js'

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
