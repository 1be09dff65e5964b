import { slowness } from '../support/slowness.js'
import type { Computer } from './lab.js'

/** Ports that a node's own programs need. */
const taken = [22, 53, 67, 68, 123, 323, 546, 547]
const above = [2049, 3128, 3142, 4330, 5000, 5432, 6010, 8000, 8080, 9100, 10_000, 31_337, 50_000]

/** Every other port below 1024, and some above. */
const ports: readonly number[] = [...Array.from({ length: 1023 }, (_, index) => index + 1), ...above].filter(
  (port) => !taken.includes(port),
)

const listener = `
import selectors, socket
loop = selectors.DefaultSelector()
for port in sorted({*range(1, 1024), ${above.join(', ')}} - {${taken.join(', ')}}):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        one = socket.socket(socket.AF_INET6, kind)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("::", port))
        except OSError:
            continue
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        loop.register(one, selectors.EVENT_READ, kind)
while True:
    for key, _ in loop.select():
        try:
            if key.data == socket.SOCK_STREAM:
                key.fileobj.accept()[0].close()
            else:
                key.fileobj.sendto(b"here", key.fileobj.recvfrom(2048)[1])
        except OSError:
            pass
`

/** A shell script that lets a node listen on all of these, TCP and UDP, IPv4 and IPv6, from before it has a network. */
export const listenEverywhere = `
  cat >usr/lib/listen.py <<'PYTHON'
${listener}
PYTHON
  cat >etc/systemd/system/listen.service <<'UNIT'
[Unit]
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target
[Service]
ExecStart=/usr/bin/python3 /usr/lib/listen.py
LimitNOFILE=8192
[Install]
WantedBy=sysinit.target
UNIT
  mkdir -p etc/systemd/system/sysinit.target.wants
  ln -s /etc/systemd/system/listen.service etc/systemd/system/sysinit.target.wants/
`

/** What a scan found: \`tcp 80\`, \`udp 80\`. */
export type Found = readonly string[]

const scanner = `
  const [address, ports, patience] = JSON.parse(process.argv[1])
  const net = require('node:net')
  const found = new Set()
  let last = Date.now()
  const see = (what) => {
    found.add(what)
    last = Date.now()
  }
  const udp = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('error', () => {}).on('message', (_, from) => see('udp ' + from.port))
  // Few at a time: what comes back at once has to fit into a buffer.
  const ask = () => ports.filter((port) => !found.has('udp ' + port))
    .forEach((port, index) => setTimeout(() => udp.send('?', port, address, () => {}), index))
  udp.bind(() => setInterval(ask, 1500) && ask())
  for (const port of ports) {
    const socket = net.connect({ host: address, port })
    socket.on('error', () => {}).once('connect', () => see('tcp ' + port) || socket.destroy())
  }
  setInterval(() => {
    if (Date.now() - last < patience && found.size < 2 * ports.length - 1) return
    console.log(JSON.stringify([...found].sort()))
    process.exit(0)
  }, 100)`

/** Knocks at every one of these ports and at ssh's, once by TCP and once by UDP, from another computer. */
export async function scan(from: Computer, address: string): Promise<Found> {
  const { stdout, stderr } = await from.run(
    'sh',
    '-c',
    'ulimit -n 8192; exec "$@"',
    'sh',
    process.execPath,
    '-e',
    scanner,
    JSON.stringify([address, [22, ...ports], Math.min(3000 * slowness(), 12_000)]),
  )
  if (stdout === '') throw new Error(`no scan of ${address}: ${stderr}`)
  return JSON.parse(stdout) as string[]
}

/** Several at once. */
export async function scanAll(from: Computer, addresses: readonly string[]): Promise<Record<string, Found>> {
  const found = await Promise.all(addresses.map(async (each) => [each, await scan(from, each)] as const))
  return Object.fromEntries(found)
}

/** The same for all of these addresses, as `scanAll` says it. */
export function forAll(addresses: readonly string[], found: Found): Record<string, Found> {
  return Object.fromEntries(addresses.map((each) => [each, found]))
}

/** What a scan finds behind the filter. */
export const onlySsh: Found = ['tcp 22']

/** All that a scan finds where nothing is in the way. */
export const everything: Found = [
  ...['tcp 22'],
  ...ports.flatMap((port) => [`tcp ${port}`, `udp ${port}`]),
].sort()
