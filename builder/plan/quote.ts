/** One quoting function for each format that a template writes; what they return is read back as the value itself. */

/**
 * A string of a GKeyFile (NetworkManager's keyfiles): `\` and the spaces at both ends are escaped.
 * Source: GLib, "Key-value file parser"; nm-settings-keyfile(5).
 */
export function keyfile(value: string): string {
  return value.replaceAll('\\', '\\\\').replace(/^ +| +$/g, (spaces) => '\\s'.repeat(spaces.length))
}

/**
 * An SSID in a keyfile: as it is where no reader can take it for anything else, else as a list of bytes, `72;105;`.
 * Source: nm-settings-keyfile(5), "ssid".
 */
export function keyfileSsid(ssid: string): string {
  if (/^[A-Za-z][\w.-]*( [\w.-]+)*$/.test(ssid)) return ssid
  return [...Buffer.from(ssid)].map((byte) => `${byte};`).join('')
}

/** One word of a POSIX shell. */
export function shell(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

/** One word of an Exec line or a list setting of a unit file; systemd.service(5), "Command lines". */
export function systemd(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}

/** One argument in sshd_config(5). */
export function sshd(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/**
 * A passphrase in wpa_supplicant.conf: the reader takes all up to the last quote, without escapes; 64 hex digits are
 * the key itself and stand unquoted. Source: wpa_supplicant.conf(5), wpa_config_parse_string().
 */
export function wpaPassphrase(psk: string): string {
  return psk.length === 64 ? psk : `"${psk}"`
}

/** An SSID in wpa_supplicant.conf as hex digits, which need no quotes. */
export function wpaSsid(ssid: string): string {
  return Buffer.from(ssid).toString('hex')
}
