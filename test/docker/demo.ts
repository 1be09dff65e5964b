import { createServer, type Server } from 'node:http'
import { type Desk, newDesk } from '../support/cli.js'
import { makeDeb } from '../support/debs.js'
import { type SignedRepository, signedRepository } from '../support/signed-repository.js'

const overlay = `[overlay]
summary = "what is bundled, from one mirror only"

[packages demo]
names = demo

[remove root/etc/apt/sources.list.d/debian.sources]

[remove root/etc/apt/sources.list.d/raspi.sources]

[conffile root/etc/apt/keyrings/demo.asc]
reason = of no package
`

/** A mirror of two packages, signed by a key like old ones. */
export class DemoMirror {
  /** What was asked for. */
  asked: string[] = []
  /** Whether it answers nothing. */
  isMute = false
  readonly #repository: SignedRepository
  readonly #server: Server

  constructor() {
    const library = makeDeb('demo-library', { version: '1:2.0+b1-3' })
    this.#repository = signedRepository([makeDeb('demo', { depends: 'demo-library' }), library], 'SHA1')
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '')
      if (this.isMute) return
      const file = this.#repository.files.get((request.url ?? '').replace('/./', '/'))
      response.writeHead(file === undefined ? 404 : 200).end(file)
    })
  }

  /** @param place a socket, or a port of this computer */
  async listen(place: string | number): Promise<void> {
    await new Promise<void>((done) => {
      if (typeof place === 'string') this.#server.listen(place, done)
      else this.#server.listen(place, '127.0.0.1', done)
    })
  }

  /** Where nodes are planned that want a package from it; only what `key` has signed is trusted. */
  desk(host: string, key = this.#repository.key): Desk {
    return newDesk({
      'profiles/worker.ini':
        '[profile]\nsummary = small\noverlays = hostname network user ssh first-boot demo\n',
      'overlays/demo/overlay.ini': overlay,
      'overlays/demo/root/etc/apt/keyrings/demo.asc': key,
      'overlays/demo/root/etc/apt/sources.list.d/demo.list': `deb [signed-by=/etc/apt/keyrings/demo.asc] http://${host}/ ./\n`,
    })
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
