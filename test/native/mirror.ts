import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { newFolder } from '../support/cli.js'
import { openRelay } from '../support/relay.js'
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
  const inside = (words: readonly string[]) => lab.inside(['ip', 'netns', 'exec', computer, ...words])
  const child = await openRelay(inside, port, socket)
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
