import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyPsk, anySsid, ask, finalRoot, nastyWifi, skipped } from '../support/real-programs.js'
import { textIn, type WifiFile, wifiWriter } from '../support/real-programs.js'

/** NetworkManager's own reader: a keyfile as a line of JSON in, what it means as a line of JSON out. */
const reader = `
import json, sys
import gi
gi.require_version('NM', '1.0')
from gi.repository import GLib, NM

def ip(setting):
    return {
        'method': setting.get_method(),
        'addresses': [f'{a.get_address()}/{a.get_prefix()}' for a in map(setting.get_address, range(setting.get_num_addresses()))],
        'gateway': setting.get_gateway(),
        'dns': [setting.get_dns(i) for i in range(setting.get_num_dns())],
        'search': [setting.get_dns_search(i) for i in range(setting.get_num_dns_searches())],
        'never_default': setting.get_never_default(),
        'ignore_auto_dns': setting.get_ignore_auto_dns(),
    }

def read(text):
    warnings = []
    def note(*rest):
        warnings.append(str(rest[2]))
        return False
    keyfile = GLib.KeyFile()
    keyfile.load_from_data(text, len(text.encode()), GLib.KeyFileFlags.NONE)
    connection = NM.keyfile_read(keyfile, '/etc/NetworkManager/system-connections', 0, note, None)
    own, wifi, secret = connection.get_setting_connection(), connection.get_setting_wireless(), connection.get_setting_wireless_security()
    return {
        'warnings': warnings,
        'verified': connection.verify(),
        'id': own.get_id(),
        'uuid': own.get_uuid(),
        'type': own.get_connection_type(),
        'interface': own.get_interface_name(),
        'autoconnect': own.get_autoconnect(),
        'priority': own.get_autoconnect_priority(),
        'ssid': wifi and wifi.get_ssid().get_data().hex(),
        'hidden': wifi and wifi.get_hidden(),
        'key_mgmt': secret and secret.get_key_mgmt(),
        'psk': secret and secret.get_psk(),
        'ipv4': ip(connection.get_setting_ip4_config()),
        'ipv6': ip(connection.get_setting_ip6_config()),
    }

for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except Exception as error:
        answer = {'error': str(error)}
    print(json.dumps(answer), flush=True)
`

const python = '/usr/bin/python3'
const start = "import gi; gi.require_version('NM', '1.0'); from gi.repository import NM"

function hasNoReader(): boolean {
  try {
    if (ask([python, '-c', start]).status === 0) return false
  } catch {
    // There is no python3 either.
  }
  skipped('there is no libnm for Python: apt-get install python3-gi gir1.2-nm-1.0')
  return true
}

interface Ip {
  readonly method: string
  readonly addresses: readonly string[]
  readonly gateway: string | null
  readonly dns: readonly string[]
  readonly search: readonly string[]
  readonly never_default: boolean
  readonly ignore_auto_dns: boolean
}

type Connection = Readonly<Record<string, string | number | boolean | null | readonly string[] | Ip>>

class Reader {
  readonly #waiting: ((line: string) => void)[] = []
  readonly #process: ChildProcessByStdio<Writable, Readable, null>

  constructor() {
    this.#process = spawn(python, ['-c', reader], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#waiting.shift()?.(line))
  }

  async read(keyfile: string): Promise<Connection> {
    const line = new Promise<string>((resolve) => this.#waiting.push(resolve))
    this.#process.stdin.write(`${JSON.stringify(keyfile)}\n`)
    return JSON.parse(await line) as Connection
  }

  end(): void {
    this.#process.stdin.end()
  }
}

describe.skipIf(hasNoReader())('libnm reads', () => {
  let reader: Reader
  beforeAll(() => {
    reader = new Reader()
  })
  afterAll(() => {
    reader.end()
  })

  describe.each(['bookworm', 'trixie', 'debian'] as const)('on %s', (release) => {
    const path = (name: string): string => `/etc/NetworkManager/system-connections/${name}.nmconnection`
    const card = (name: string, set: Record<string, string>) => {
      const root = finalRoot({ release, set })
      expect(root.get(path(name))).toMatchObject({ mode: 0o600, uid: 0, gid: 0 })
      return reader.read(textIn(root, path(name)))
    }
    const wired = {
      warnings: [],
      verified: true,
      id: 'eth0',
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      type: '802-3-ethernet',
      interface: 'eth0',
      autoconnect: true,
      priority: 999,
    }
    const none = { gateway: null, dns: [], search: [], never_default: false }
    const automatic = { ...none, method: 'auto', addresses: [], ignore_auto_dns: false }
    const linkLocal = { ...none, method: 'link-local', addresses: [] }
    const fixed = { ...none, method: 'manual', addresses: ['10.0.0.3/24'] }

    it('a fixed address with the master as the gateway', async () => {
      const way = { gateway: '10.0.0.1', dns: ['10.0.0.1'], search: ['cluster.internal'] }
      expect(await card('eth0', {})).toMatchObject({
        ...wired,
        ipv4: { ...fixed, ...way },
        ipv6: linkLocal,
      })
    })

    it('a fixed address without a gateway', async () => {
      const ipv4 = { ...fixed, never_default: true }
      expect(await card('eth0', { gateway: 'none' })).toMatchObject({ ...wired, ipv4, ipv6: linkLocal })
    })

    it('a fixed address with name servers and a domain of its own', async () => {
      const set = {
        address: '192.168.5.33/26',
        gateway: '192.168.5.1',
        dns: '1.1.1.1,9.9.9.9',
        domain: 'a.example',
      }
      const way = { gateway: '192.168.5.1', dns: ['1.1.1.1', '9.9.9.9'], search: ['a.example'] }
      expect(await card('eth0', set)).toMatchObject({
        ...wired,
        ipv4: { ...fixed, addresses: ['192.168.5.33/26'], ...way },
        ipv6: linkLocal,
      })
    })

    it('name servers without a gateway', async () => {
      const way = { never_default: true, dns: ['10.0.0.9'], search: ['cluster.internal'] }
      expect(await card('eth0', { gateway: 'none', dns: '10.0.0.9' })).toMatchObject({
        ...wired,
        ipv4: { ...fixed, ...way },
      })
    })

    it('an address by DHCP, on another card', async () => {
      expect(await card('enp1s0', { address: 'dhcp', interface: 'enp1s0' })).toMatchObject({
        ...wired,
        id: 'enp1s0',
        interface: 'enp1s0',
        ipv4: automatic,
        ipv6: automatic,
      })
    })

    it('an address by DHCP, and nothing else that DHCP offers', async () => {
      expect(await card('eth0', { address: 'dhcp', gateway: 'none' })).toMatchObject({
        ...wired,
        ipv4: { ...automatic, never_default: true, ignore_auto_dns: true },
      })
    })

    it('a Wi-Fi next to a wired network, which then has no default route', async () => {
      const set = { wifi_ssid: 'Home', wifi_psk: 'my secret', wifi_country: 'CZ' }
      expect(await card('wifi', set)).toMatchObject({
        warnings: [],
        verified: true,
        type: '802-11-wireless',
        autoconnect: true,
        hidden: false,
        ssid: Buffer.from('Home').toString('hex'),
        key_mgmt: 'wpa-psk',
        psk: 'my secret',
        ipv4: automatic,
        ipv6: automatic,
      })
      const ipv4 = { ...fixed, never_default: true }
      expect(await card('eth0', set)).toMatchObject({ ...wired, ipv4, ipv6: linkLocal })
    })

    it('a cluster on a hidden Wi-Fi, with a fixed address', async () => {
      const set = {
        interface: 'wlan0',
        wifi_ssid: 'Home',
        wifi_psk: 'my secret',
        wifi_country: 'CZ',
        wifi_hidden: 'yes',
      }
      const way = { gateway: '10.0.0.1', dns: ['10.0.0.1'], search: ['cluster.internal'] }
      expect(await card('wlan0', set)).toMatchObject({
        ...wired,
        id: 'wifi',
        interface: 'wlan0',
        type: '802-11-wireless',
        hidden: true,
        ssid: Buffer.from('Home').toString('hex'),
        key_mgmt: 'wpa-psk',
        psk: 'my secret',
        ipv4: { ...fixed, ...way },
      })
      expect(finalRoot({ release, set }).has(path('wifi'))).toBe(false)
    })

    it('two networks as two connections', async () => {
      const set = { wifi_ssid: 'Home', wifi_country: 'CZ' }
      const [wifi, eth0] = [await card('wifi', set), await card('eth0', set)]
      expect(wifi['uuid']).not.toBe(eth0['uuid'])
    })
  })

  describe('of a Wi-Fi', () => {
    const file = wifiWriter('trixie', '/etc/NetworkManager/system-connections/wifi.nmconnection')

    async function arrives(ssid: string, psk: string, written: WifiFile): Promise<boolean> {
      if ('refused' in written) {
        expect(written.refused.join('')).not.toBe('')
        return false
      }
      expect(await reader.read(written.text)).toMatchObject({
        warnings: [],
        verified: true,
        ssid: Buffer.from(ssid).toString('hex'),
        key_mgmt: psk === '' ? null : 'wpa-psk',
        psk: psk === '' ? null : psk,
      })
      return true
    }

    it('the file that a plan writes', () => {
      const [ssid, psk] = ['{{user}} "x" #\\ ', ' \\s;[wifi] = # ']
      const root = finalRoot({
        release: 'trixie',
        set: { wifi_ssid: ssid, wifi_psk: psk, wifi_country: 'GB' },
      })
      const text = textIn(root, '/etc/NetworkManager/system-connections/wifi.nmconnection')
      expect(file(ssid, psk)).toEqual({ text })
    })

    it('a name that is not UTF-8, and one that only looks like bytes', async () => {
      for (const [ssid, bytes] of [
        ['0x436166E9', '436166e9'],
        ['0x436166', Buffer.from('0x436166').toString('hex')],
        ['0xe9f', Buffer.from('0xe9f').toString('hex')],
      ] as const) {
        const written = file(ssid, 'a secret')
        if ('refused' in written) throw new Error(written.refused.join())
        expect(await reader.read(written.text)).toMatchObject({ warnings: [], ssid: bytes })
      }
    })

    it.each(nastyWifi)('the name %j and the password %j as they are', async (ssid, psk) => {
      expect(await arrives(ssid, psk, file(ssid, psk))).toBe(true)
    })

    it('every name and every password as they are, or piimg refuses them', async () => {
      let arrived = 0
      const property = fc.asyncProperty(anySsid, anyPsk, async (ssid, psk) => {
        if (await arrives(ssid, psk, file(ssid, psk))) arrived++
      })
      await fc.assert(property, { numRuns: 4000 })
      expect(arrived).toBeGreaterThan(2000)
    })

    it.each([
      ['line\nfeed', 'aaaaaaaa'],
      ['tab\t', 'aaaaaaaa'],
      ['nul\0', 'aaaaaaaa'],
      ['x'.repeat(33), 'aaaaaaaa'],
      ['é'.repeat(17), 'aaaaaaaa'],
      ['x', 'seven77'],
      ['x', 'é'.repeat(32)],
      ['Caf\ufffd', 'aaaaaaaa'],
      ['x', '~'.repeat(64)],
      ['x', 'aaaaaaa\n'],
    ])('nothing of %j and %j, which piimg refuses', (ssid, psk) => {
      expect(file(ssid, psk)).toHaveProperty('refused')
    })
  })
})
