import { Cidr, contains } from '../../model/ipv4.js'
import { isIsolated, isTopology, masterProvides, type Topology } from '../../model/topology.js'

/** The values of a new cluster. */
export interface NewCluster {
  readonly name: string
  readonly workers: number
  /** None where that of a network that is there already need not be known. */
  readonly network?: Cidr
  /**
   * Values for all nodes, and for the master alone, by name: in a routed cluster only the master is connected to the
   * internet.
   */
  readonly values: Readonly<Record<string, string>>
  readonly ofMaster: Readonly<Record<string, string>>
}

const numbered = 'Workers: node2 has address number 2 of the network, and so on.'

/** The comment of a section, if it depends on the topology. */
const comments: Readonly<Record<Topology, { readonly master: string; readonly workers: string }>> = {
  routed: {
    master:
      'It has the first address of the network. Its Wi-Fi or second network card is connected to the internet.',
    workers: numbered,
  },
  flat: {
    master: "cluster-status on it shows all nodes. The network's router assigns their addresses.",
    workers: 'Workers.',
  },
  backbone: {
    master: 'It has the first address of the network.',
    workers: numbered,
  },
}

/** Networks of the ranges for private use (RFC 1918), those that are least common in homes. */
const standard = new Cidr('10.0.0.0', 24)
const proposals = [
  standard,
  ...['192.168.5.0', '10.77.0.0', '172.20.5.0', '192.168.205.0'].map((address) => new Cidr(address, 24)),
]

/** A network for a new cluster that overlaps none of these; the first one where each overlaps. */
export function freeNetwork(taken: readonly Cidr[]): Cidr {
  return proposals.find((network) => !taken.some((other) => overlap(network, other))) ?? standard
}

/** Whether two networks have addresses in common. */
export function overlap(one: Cidr, other: Cidr): boolean {
  return contains(one, other.network) || contains(other, one.network)
}

/** A commented `cluster.ini`. */
export function clusterText({ name, workers, network, values, ofMaster }: NewCluster): string {
  const topology = isTopology(values['topology']) ? values['topology'] : 'routed'
  const about = comments[topology]
  const isRouted = masterProvides(topology)
  const range = workers === 1 ? '[node2]' : `[node2..node${workers + 1}]`
  return [
    '# A cluster for piimg. "piimg build" makes a card for each node; "piimg list variables" lists all keys.',
    '# If several sections set a value, the last of these wins: [cluster], [profile worker], [node2..node9], [node3].',
    '',
    '[cluster]',
    line('name', name),
    ...(network === undefined ? [] : [line('network', network.toString())]),
    ...lines(values),
    ...commented(
      values,
      'image',
      'raspios-trixie-arm64-lite.img.xz',
      'The base image is the only one in this folder',
    ),
    ...commented(values, 'user', 'anna', "The user is the image's own"),
    ...commented(values, 'timezone', 'Europe/London', "The time zone is the image's"),
    ...commented(values, 'packages', 'htop', 'The first boot installs only MPI'),
    ...commented(
      values,
      'topology',
      'backbone',
      'The master is the gateway to the internet (routed), not each node itself',
    ),
    ...(isRouted
      ? commented(
          values,
          'dhcp_range',
          'none',
          "The master assigns the network's last quarter of addresses to other computers",
        )
      : []),
    ...(isIsolated(topology) && !isOnline(values) ? uplinkExample : []),
    '',
    `# ${about.master}`,
    '[master]',
    ...lines(ofMaster),
    ...(isRouted && !isOnline(ofMaster) ? uplinkExample : []),
    '',
    `# ${about.workers}`,
    range,
    // A section appears once.
    ...(workers === 1 ? [] : ['', '# Values for only one of them:', '#[node2]']),
    '#mac = dc:a6:32:01:02:03',
    '',
  ].join('\n')
}

const uplinkExample = [
  '# Internet connection by Wi-Fi:',
  '#wifi_ssid = …',
  '#wifi_psk = "…"',
  '#wifi_country = GB',
  '# Internet connection by a second network card:',
  '#uplink = eth1',
]

function isOnline(values: Readonly<Record<string, string>>): boolean {
  return 'wifi_ssid' in values || 'uplink' in values
}

function lines(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => line(name, value))
}

/** The lines of a value are lines of the file, quoted if an INI file would read it differently. */
function line(name: string, value: string): string {
  const quoted = (text: string) => (/^[\w./:@+,-]+( [\w./:@+,-]+)*$/.test(text) ? text : JSON.stringify(text))
  return `${name} = ${value.split('\n').map(quoted).join('\n    ')}`
}

function commented(
  values: Readonly<Record<string, string>>,
  name: string,
  example: string,
  why: string,
): string[] {
  return name in values ? [] : [`# ${why}, unless:`, `#${name} = ${example}`]
}
