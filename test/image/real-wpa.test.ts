import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyPsk, anySsid, ask, finalRoot, isMissing, nastyWifi } from '../support/real-programs.js'
import { sharedFolder, textIn, type WifiFile, wifiWriter } from '../support/real-programs.js'

const noSupplicant = isMissing({ wpa_supplicant: 'wpasupplicant', wpa_passphrase: 'wpasupplicant' })
const folder = sharedFolder()
const path = '/etc/wpa_supplicant/wpa_supplicant.conf'

interface Network {
  /** The bytes as hex digits. */
  readonly ssid: string
  /** The passphrase's bytes as hex digits, or the key itself as `key:…`; undefined for an open network. */
  readonly psk: string | undefined
}

interface Reading {
  readonly complaints: readonly string[]
  readonly country: string | undefined
  readonly networks: readonly Network[]
}

/**
 * What wpa_supplicant's reader makes of a file. It is given an interface that does not exist, so that it ends after
 * reading.
 */
function read(text: string): Reading {
  const file = join(folder, 'wpa_supplicant.conf')
  writeFileSync(file, text)
  const { output } = ask(['wpa_supplicant', '-dd', '-K', '-D', 'none', '-i', 'nowhere0', '-c', file])
  const [, own = ''] = /^Reading configuration file[^\n]*\n([^]*?)^Priority group/m.exec(output) ?? []
  const wrong = output.split('\n').filter((line) => /^Line \d+: |Failed to read|Invalid country/.test(line))
  return {
    complaints: own === '' ? [...wrong, 'read to no end'] : wrong,
    country: /^country='(.*)'$/m.exec(own)?.[1],
    networks: own
      .split(/^Line: \d+ - start of a new network block\n/m)
      .slice(1)
      .map((block) => ({
        ssid: dumped(block, 'ssid') ?? '',
        psk: dumped(block, 'PSK (ASCII passphrase)') ?? keyIn(block),
      })),
  }
}

/** The bytes of a dump over several lines: 16 a line, and then the same as text. */
function dumped(block: string, name: string): string | undefined {
  const lines = block.split('\n')
  const from = lines.findIndex((line) => line.startsWith(`${name} - hexdump_ascii(len=`))
  if (from === -1) return undefined
  const length = Number(/len=(\d+)/.exec(lines[from] ?? '')?.[1])
  const rows = lines.slice(from + 1, from + 1 + Math.ceil(length / 16))
  return rows.map((row) => row.slice(5, 5 + 48).replaceAll(' ', '')).join('')
}

function keyIn(block: string): string | undefined {
  const [, bytes] = /^PSK - hexdump\(len=32\): (.*)$/m.exec(block) ?? []
  return bytes === undefined ? undefined : `key:${bytes.replaceAll(' ', '')}`
}

function expected(ssid: string, psk: string): Network {
  return { ssid: Buffer.from(ssid).toString('hex'), psk: expectedPsk(ssid, psk) }
}

function expectedPsk(ssid: string, psk: string): string | undefined {
  if (psk === '') return undefined
  if (psk.length === 64) return `key:${psk.toLowerCase()}`
  if (!/".*#/.test(psk)) return Buffer.from(psk).toString('hex')
  // Since 2.10 a # behind a second quote begins a comment, so the key is written, which the suite's own tool makes too.
  const { output } = ask(['wpa_passphrase', ssid], { input: `${psk}\n` })
  return `key:${/^\tpsk=(.*)$/m.exec(output)?.[1] ?? ''}`
}

describe.skipIf(noSupplicant)('wpa_supplicant reads', () => {
  describe.each(['buster', 'bullseye'] as const)('on %s', (release) => {
    it('the network, its password and the country', () => {
      const root = finalRoot({
        release,
        set: { wifi_ssid: 'Home', wifi_psk: 'my secret', wifi_country: 'cz' },
      })
      expect(root.get(path)).toMatchObject({ mode: 0o600, uid: 0, gid: 0 })
      expect(read(textIn(root, path))).toEqual({
        complaints: [],
        country: 'CZ',
        networks: [expected('Home', 'my secret')],
      })
    })

    it('an open network', () => {
      const root = finalRoot({ release, set: { wifi_ssid: 'Café', wifi_country: 'FR' } })
      expect(read(textIn(root, path)).networks).toEqual([expected('Café', '')])
      expect(textIn(root, path)).toContain('key_mgmt=NONE')
    })

    it('a hidden network, which it asks for by name', () => {
      const root = finalRoot({ release, set: { wifi_ssid: 'Home', wifi_country: 'FR', wifi_hidden: 'yes' } })
      expect(read(textIn(root, path)).networks).toEqual([expected('Home', '')])
      expect(textIn(root, path)).toContain('scan_ssid=1')
    })

    it('a key in place of a password', () => {
      const key = '0123456789ABCDEF'.repeat(4)
      const root = finalRoot({ release, set: { wifi_ssid: 'Home', wifi_psk: key, wifi_country: 'CZ' } })
      expect(read(textIn(root, path)).networks).toEqual([expected('Home', key)])
    })
  })

  const file = wifiWriter('bullseye', path)

  it('the file that a plan writes', () => {
    const [ssid, psk] = ['{{user}} "x" #\\ ', ' "\\;[wifi] = # ']
    const root = finalRoot({
      release: 'bullseye',
      set: { wifi_ssid: ssid, wifi_psk: psk, wifi_country: 'GB' },
    })
    expect(file(ssid, psk)).toEqual({ text: textIn(root, path) })
  })

  const textOf = (written: WifiFile): string => ('text' in written ? written.text : '')

  it('a name that is not UTF-8', () => {
    const [network] = read(textOf(file('0x436166e9', 'a secret'))).networks
    expect(network).toEqual({ ssid: '436166e9', psk: Buffer.from('a secret').toString('hex') })
  })

  it('every nasty name and password as they are', () => {
    // The settings before the networks may be repeated, so that one start reads all files.
    const { complaints, networks } = read(nastyWifi.map(([ssid, psk]) => textOf(file(ssid, psk))).join(''))
    expect(complaints).toEqual([])
    expect(networks).toEqual(nastyWifi.map(([ssid, psk]) => expected(ssid, psk)))
  })

  it('every name and every password as they are, or piimg refuses them', () => {
    let arrived = 0
    const property = fc.property(
      fc.array(fc.tuple(anySsid, anyPsk), { minLength: 10, maxLength: 10 }),
      (given) => {
        const written = given.map(([ssid, psk]) => ({ ssid, psk, file: file(ssid, psk) }))
        const accepted = written.filter((one) => 'text' in one.file)
        for (const one of written) {
          if ('refused' in one.file) expect(one.file.refused.join('')).not.toBe('')
        }
        if (accepted.length === 0) return
        const { complaints, networks } = read(accepted.map((one) => textOf(one.file)).join(''))
        expect(complaints).toEqual([])
        expect(networks).toEqual(accepted.map(({ ssid, psk }) => expected(ssid, psk)))
        arrived += accepted.length
      },
    )
    fc.assert(property, { numRuns: 40 })
    expect(arrived).toBeGreaterThan(150)
  })
})
