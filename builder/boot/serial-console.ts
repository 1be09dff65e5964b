/** The auxiliary UART of a Pi 3, which is `serial0`; the main UART is used by Bluetooth (raspberrypi.com, "UART"). */
const miniUart = '/soc/serial@7e215040\0'

/**
 * What the kernel calls that port: ttyS and the number of its alias in the device tree, which is another one in Raspberry
 * Pi's own trees than in Linux'. The name of a property is an offset in the block of strings (devicetree specification, 5).
 */
export function pi3SerialPort(deviceTree: Buffer): string {
  const names = deviceTree.readUInt32BE(12)
  for (let at = deviceTree.indexOf(miniUart); at >= 4; at = deviceTree.indexOf(miniUart, at + 1)) {
    const name = names + deviceTree.readUInt32BE(at - 4)
    const [, number] =
      /^serial(\d)$/.exec(deviceTree.toString('latin1', name, deviceTree.indexOf(0, name))) ?? []
    if (number !== undefined) return `ttyS${number}`
  }
  return 'ttyS0'
}

/** The kernel's command line: the first line of cmdline.txt, `serial0` named as the kernel names it. */
export function kernelCommandLine(
  text: string,
  port: string,
): { readonly before: string; readonly after: string } {
  const before = (text.split('\n')[0] ?? '').trim()
  return { before, after: before.replace(/(^|\s)console=serial0(?=,|\s|$)/g, `$1console=${port}`) }
}
