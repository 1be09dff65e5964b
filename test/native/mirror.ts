import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
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
  forgetOldFiles()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://nowhere')
    requests.push(url.href)
    behaviour(url, response, () => {
      if (isLasting(url)) void sendKept(url, response)
      else forward(request, response, url)
    })
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

/** What all test files, and all runs, share. */
export const cacheFolder = process.env['PIIMG_TEST_CACHE'] ?? join(homedir(), '.cache/piimg-test')
const kept = join(cacheFolder, 'packages')
const month = 30 * 24 * 3600 * 1000

/** Whether it is another file as soon as its name is another: a package, or a list by its hash. */
function isLasting({ pathname }: URL): boolean {
  return /\.deb$|\/by-hash\/\w+\/[0-9a-f]{32,}$/.test(pathname)
}

const fetching = new Map<string, Promise<number>>()

/** Sends a lasting file, which is fetched once. */
async function sendKept(url: URL, response: ServerResponse): Promise<void> {
  const file = join(kept, createHash('sha256').update(url.href).digest('hex'))
  const fetched = fetching.get(file) ?? fetchInto(file, url)
  fetching.set(file, fetched)
  const status = await fetched.finally(() => fetching.delete(file))
  if (status !== 200) {
    response.writeHead(status).end()
    return
  }
  response.writeHead(200, { 'content-length': statSync(file).size })
  await pipeline(createReadStream(file), response).catch(() => {})
}

/** @returns the status that the mirror answers; 502 where it does not */
async function fetchInto(file: string, url: URL): Promise<number> {
  if (existsSync(file)) {
    utimesSync(file, new Date(), new Date())
    return 200
  }
  mkdirSync(kept, { recursive: true })
  const partial = `${file}.${process.pid}.partial`
  try {
    const answer = await new Promise<IncomingMessage>((done, failed) => get(url, done).on('error', failed))
    if (answer.statusCode !== 200) {
      answer.resume()
      return answer.statusCode ?? 502
    }
    await pipeline(answer, createWriteStream(partial))
    renameSync(partial, file)
    return 200
  } catch {
    rmSync(partial, { force: true })
    return 502
  }
}

/** Removes what nobody has asked for in a month. */
function forgetOldFiles(): void {
  if (!existsSync(kept)) return
  for (const name of readdirSync(kept)) {
    const file = join(kept, name)
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    if (Date.now() - mtimeMs > month) rmSync(file, { force: true })
  }
}
