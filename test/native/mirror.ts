import { spawn } from 'node:child_process'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { newFolder } from '../support/cli.js'
import type { Lab } from './lab.js'

/** Answers one request of apt for the address `url`; calls `forward` to answer as the real mirror does. */
export type Behaviour = (url: URL, response: ServerResponse, forward: () => void) => void

/** A proxy for packages on the switch of a lab, with the mirror of this computer's own network behind it. */
export interface Mirror {
  /** As `apt_proxy` wants it. */
  readonly proxy: string
  readonly requests: string[]
  behave(behaviour: Behaviour): void
  close(): void
}

/** What a computer on the switch runs: all that comes in goes to a socket of the tests, which are on the network. */
const relay = `
  const net = require('node:net')
  net.createServer((client) => {
    const upstream = net.connect(process.argv[2])
    for (const end of [client, upstream]) end.on('error', () => { client.destroy(); upstream.destroy() })
    client.pipe(upstream).pipe(client)
  }).listen(Number(process.argv[1]), () => console.log('ready'))`

export const honest: Behaviour = (_url, _response, forward) => {
  forward()
}

export async function openMirror(lab: Lab, computer: string, address: string): Promise<Mirror> {
  const port = 3142
  const socket = join(newFolder(), 'mirror')
  const requests: string[] = []
  let behaviour = honest
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://nowhere')
    requests.push(url.href)
    behaviour(url, response, () => forward(request, response, url))
  })
  await new Promise<void>((done) => server.listen(socket, done))
  const words = ['ip', 'netns', 'exec', computer, process.execPath, '-e', relay, String(port), socket]
  const [program = '', ...args] = lab.inside(words)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((done, failed) => {
    child.stdout.once('data', () => done())
    child.once('exit', () => failed(new Error('the relay did not start')))
  })
  return {
    proxy: `http://${address}:${port}`,
    requests,
    behave: (next) => (behaviour = next),
    close: () => {
      child.kill()
      server.closeAllConnections()
      server.close()
    },
  }
}

function forward(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const { host, ...headers } = request.headers
  const upstream = get(url, { headers: { ...headers, host: host ?? url.host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  upstream.on('error', () => response.writeHead(502).end())
}
