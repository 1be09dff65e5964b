import type { PlainValue } from '../model/value.js'
import * as quote from './quote.js'
import type { NodeRecord } from '../model/node-record.js'

/** The first argument of a helper: a list, a list of nodes, or one text. */
export interface Helper {
  readonly takes: 'list' | 'nodes' | 'text'
  readonly summary: string
  readonly call: (...values: never[]) => unknown
}

/** The functions that a template may call. */
export const helpers: ReadonlyMap<string, Helper> = new Map<string, Helper>([
  ['keyfile', { takes: 'text', summary: 'quotes for a keyfile of NetworkManager', call: quote.keyfile }],
  [
    'keyfile_ssid',
    {
      takes: 'text',
      summary: 'the same for the name of a Wi-Fi, which may be any bytes',
      call: quote.keyfileSsid,
    },
  ],
  ['shell', { takes: 'text', summary: 'one word for a shell', call: quote.shell }],
  ['systemd', { takes: 'text', summary: 'a value of a unit, with % escaped', call: quote.systemd }],
  [
    'systemd_exec',
    { takes: 'text', summary: 'one word of a command line in a unit', call: quote.systemdExec },
  ],
  ['sshd', { takes: 'text', summary: 'one word of sshd_config', call: quote.sshd }],
  [
    'wpa_passphrase',
    { takes: 'text', summary: 'a password for wpa_supplicant.conf', call: quote.wpaPassphrase },
  ],
  ['wpa_ssid', { takes: 'text', summary: 'a name of a Wi-Fi for wpa_supplicant.conf', call: quote.wpaSsid }],
  [
    'iptables_port',
    {
      takes: 'text',
      summary: 'what iptables(8) calls a port such as tcp/80: `-p tcp -m tcp --dport 80`',
      call: quote.iptablesPort,
    },
  ],
  ['nft_port', { takes: 'text', summary: 'what nft(8) calls it: `tcp dport 80`', call: quote.nftPort }],
  [
    'route',
    {
      takes: 'text',
      summary:
        'the network and the router of a route such as `10.0.2.0/24 via 10.0.0.254`, with a separator: `{{route this ","}}`',
      call: quote.route,
    },
  ],
  [
    'eq',
    {
      takes: 'text',
      summary: 'whether two values are the same, for `#if`',
      call: (a: PlainValue, b: PlainValue) => a === b,
    },
  ],
  [
    'first',
    {
      takes: 'nodes',
      summary: 'a field of the first node of a list, such as `{{first servers "ip"}}`; empty without one',
      call: (nodes: readonly NodeRecord[], field: string) => nodes[0]?.[field] ?? '',
    },
  ],
  [
    'plus',
    { takes: 'text', summary: 'the sum of two numbers, such as `{{plus 100 index}}`', call: quote.plus },
  ],
  [
    'minus',
    {
      takes: 'text',
      summary: 'the difference of two numbers, such as `{{minus 150 index}}`',
      call: quote.minus,
    },
  ],
  [
    'lines',
    { takes: 'list', summary: 'a list, one item a line', call: (list: readonly string[]) => list.join('\n') },
  ],
  [
    'join',
    {
      takes: 'list',
      summary: 'a list with a separator, such as `{{join dns " "}}`',
      call: (list: readonly string[], separator: string) => list.join(separator),
    },
  ],
])

export const blocks: ReadonlySet<string> = new Set(['if', 'unless', 'each'])
