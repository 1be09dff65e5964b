import { setTimeout as delay } from 'node:timers/promises'
import { expect, type TestContext } from 'vitest'
import { whyNoPackages } from '../support/package-mirror.js'
import { type Base, type Cards, cardsOf, nativeBase } from './base.js'
import { far, type Lab, type Node, openLab } from './lab.js'
import { type Mirror, openMirror } from './mirror.js'

/** A worker without MPI: what goes wrong goes wrong the same way with one small package. */
export const plain = {
  'profiles/worker.ini': '[profile]\nsummary = plain\noverlays = hostname network user ssh first-boot\n',
}

/** A lab with a mirror, and a node in it; all of a test file's own. */
export class Stage {
  reason = ''
  #lab: Lab | undefined
  cards!: Cards
  mirror!: Mirror
  node!: Node
  #isUp = false
  readonly #base: Base | undefined

  constructor(base: Base | undefined) {
    this.#base = base
  }

  /** @param packages whether Debian's own packages are needed */
  async open(files: Readonly<Record<string, string>> = {}, packages = true): Promise<void> {
    const found = this.#base === undefined ? { reason: 'no base' } : nativeBase(this.#base)
    this.reason = 'reason' in found ? found.reason : packages ? await whyNoPackages(found.file) : ''
    if ('reason' in found || this.reason !== '') return
    this.cards = cardsOf(found.file, files)
    this.#lab = await openLab()
    await this.#lab.plug('other', '10.0.0.1/24')
    this.mirror = await openMirror(this.#lab, 'other', '10.0.0.1')
  }

  /** Before each test: skips it where nothing can be booted; what the node said is shown where it fails. */
  begin(context: TestContext): void {
    context.skip(this.reason !== '', this.reason)
    context.onTestFailed(async () => console.error(await this.log(), await this.node.journal()))
  }

  async close(): Promise<void> {
    if (this.reason !== '') return
    this.mirror.close()
    await this.#lab?.close()
  }

  /** Boots a node; `prepare` runs on its copy-on-write layer before. */
  async boot(set: readonly string[], prepare?: string, room?: string): Promise<Node> {
    await this.start(set, prepare, room)
    await this.node.waitUntilRunning()
    return this.node
  }

  /** The same for a node that may have a failed unit from the beginning. */
  async start(set: readonly string[], prepare?: string, room?: string): Promise<void> {
    // A card with its own packages asks nobody.
    const isGiven = set.some((each) => /^apt_proxy=|^--packages-from=bundle$/.test(each))
    const settings = ['clock_wait=1', ...(isGiven ? [] : [`apt_proxy=${this.mirror.proxy}`]), ...set]
    const image = await this.cards.build('node3', ...settings)
    if (this.#lab === undefined) throw new Error('no lab')
    const start = {
      name: 'node3',
      image,
      prepare: (this.#base?.stock ?? '') + (prepare ?? ''),
      ...(room === undefined ? {} : { room }),
    }
    this.node = this.#lab.startNode(start)
    this.#isUp = true
  }

  /** Cuts its power, if one was started. */
  async stop(): Promise<void> {
    if (this.#isUp) await this.node.stop()
    this.#isUp = false
  }

  /** Runs a command outside of the node; whether it ended well. */
  async inLab(...words: readonly string[]): Promise<boolean> {
    return (await this.#lab?.run(words))?.exitCode === 0
  }

  status = async () => (await this.node.run('piimg-firstboot status')).stdout
  log = async () => (await this.node.run('cat /var/lib/piimg/first-boot.log')).stdout

  /** Until the status says so. */
  async says(pattern: RegExp): Promise<string> {
    for (const limit = Date.now() + far * 1000; ;) {
      const text = await this.status()
      if (pattern.test(text)) return text
      if (Date.now() > limit)
        throw new Error(`the status is not ${String(pattern)} but\n${text}\n${await this.log()}`)
      await delay(200)
    }
  }

  ready = async () => {
    await this.says(/^ready$/m)
    for (let tries = 0; (await this.node.run('test -e /var/lib/piimg/ready')).exitCode !== 0; tries++) {
      if (tries > 10 * far) throw new Error('it says that it is ready, but the file is not there')
      await delay(100)
    }
    expect(await this.node.ask('dpkg --audit')).toBe('')
  }

  /** A person who does not want to wait for the next try. */
  retry = async () => await this.node.run('piimg-firstboot retry')
}
