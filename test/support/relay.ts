import { type ChildProcess, spawn } from 'node:child_process'

/** What comes in at a port goes to a socket of the tests, which are on another network. */
const relay = `
  const net = require('node:net')
  net.createServer((client) => {
    const upstream = net.connect(process.argv[2])
    for (const end of [client, upstream]) end.on('error', () => { client.destroy(); upstream.destroy() })
    client.pipe(upstream).pipe(client)
  }).listen(Number(process.argv[1]), () => console.log('ready'))`

/** @param inside makes words of them that run in the other network */
export async function openRelay(
  inside: (words: readonly string[]) => readonly string[],
  port: number,
  socket: string,
): Promise<ChildProcess> {
  const [program = '', ...args] = inside([process.execPath, '-e', relay, String(port), socket])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((done, failed) => {
    child.stdout.once('data', () => done())
    child.once('exit', () => failed(new Error('the relay did not start')))
  })
  return child
}
