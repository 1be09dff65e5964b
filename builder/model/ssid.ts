/** The bytes of an SSID: a text in UTF-8, or `0x` and hex digits where the bytes are no such text. */
export function ssidBytes(ssid: string): Buffer {
  const [, digits] = /^0x((?:[0-9a-f]{2})+)$/i.exec(ssid) ?? []
  const bytes = Buffer.from(digits ?? '', 'hex')
  return Buffer.from(bytes.toString()).equals(bytes) ? Buffer.from(ssid) : bytes
}
