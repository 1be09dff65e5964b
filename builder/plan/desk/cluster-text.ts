import { contains, parseCidr } from '../../model/ipv4.js'

/** What a new cluster is made of. */
export interface NewCluster {
  readonly name: string
  readonly workers: number
  /** CIDR; none where that of a network that is there already need not be known. */
  readonly network?: string
  /** Values for all nodes, and for the master alone, by name: in a routed cluster it alone leads to the internet. */
  readonly values: Readonly<Record<string, string>>
  readonly ofMaster: Readonly<Record<string, string>>
}

const numbered = 'Workers: node2 has the address 2 of the network, and so on.'

/** What a section is about, where it is not the same in each topology. */
const comments: Readonly<Record<string, { readonly master: string; readonly workers: string }>> = {
  routed: {
    master:
      'The first address of the network; its second way (Wi-Fi, or another network card) leads to the internet.',
    workers: numbered,
  },
  flat: {
    master: "On it, cluster-status shows all nodes. The network's router gives them addresses.",
    workers: 'Workers.',
  },
  backbone: {
    master: 'The first address of the network.',
    workers: numbered,
  },
}

/** Networks of the ranges for private use (RFC 1918), those that homes have the least. */
const proposals = ['10.0.0.0/24', '192.168.5.0/24', '10.77.0.0/24', '172.20.5.0/24', '192.168.205.0/24']

/**
 * A network for a new cluster that overlaps none of these.
 * @param taken CIDR
 */
export function freeNetwork(taken: readonly string[]): string {
  return proposals.find((network) => !taken.some((other) => overlap(network, other))) ?? '10.0.0.0/24'
}

/** Whether two networks, in CIDR, have addresses in common. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)]
  return a !== undefined && b !== undefined && (contains(a, b.network) || contains(b, a.network))
}

/** A commented `cluster.ini`. */
export function clusterText({ name, workers, network, values, ofMaster }: NewCluster): string {
  const { topology = 'routed' } = values
  const about = comments[topology] ?? comments['routed']
  const isRouted = about === comments['routed']
  const range = workers === 1 ? '[node2]' : `[node2..node${workers + 1}]`
  return [
    '# A cluster for piimg. "piimg build" makes a card for each node; "piimg list variables" names all that can stand here.',
    '# Of what is given twice, the narrower section counts: [cluster], [profile worker], [node2..node9], [node3].',
    '',
    '[cluster]',
    line('name', name),
    ...(network === undefined ? [] : [line('network', network)]),
    ...lines(values),
    ...commented(
      values,
      'image',
      'raspios-trixie-arm64-lite.img.xz',
      'The base image is the only one in this folder',
    ),
    ...commented(values, 'user', 'anna', "The user is the image's own"),
    ...commented(values, 'timezone', 'Europe/London', "The time zone is the image's"),
    ...commented(values, 'packages', 'htop', 'The first boot installs nothing beside MPI'),
    ...commented(
      values,
      'topology',
      'backbone',
      'The master leads to the internet (routed), and not each node by itself',
    ),
    ...(isRouted
      ? commented(
          values,
          'dhcp_range',
          'none',
          "The master gives the network's last quarter of addresses to other computers",
        )
      : []),
    ...(topology === 'backbone' && !isOnline(values) ? uplinkExample : []),
    '',
    `# ${about?.master ?? ''}`,
    '[master]',
    ...lines(ofMaster),
    ...(isRouted && !isOnline(ofMaster) ? uplinkExample : []),
    '',
    `# ${about?.workers ?? ''}`,
    range,
    // A section stands once.
    ...(workers === 1 ? [] : ['', '# What is right for one of them only:', '#[node2]']),
    '#mac = dc:a6:32:01:02:03',
    '',
  ].join('\n')
}

const uplinkExample = [
  '# To the internet by Wi-Fi:',
  '#wifi_ssid = …',
  '#wifi_psk = "…"',
  '#wifi_country = GB',
  '# By a second network card:',
  '#uplink = eth1',
]

function isOnline(values: Readonly<Record<string, string>>): boolean {
  return 'wifi_ssid' in values || 'uplink' in values
}

function lines(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => line(name, value))
}

/** The lines of a value are lines of the file, each in quotes where an INI file would read it otherwise. */
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
