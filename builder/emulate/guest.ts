import { stripVTControlCharacters } from 'node:util'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { StepError } from '../errors.js'
import { interruption } from '../host/interrupt.js'
import { start, type Started } from '../host/start.js'
import { withKeys } from '../host/terminal.js'
import { tools } from '../host/tools.js'
import type { NodeNetwork } from './networks.js'
import type { Switch } from './switch.js'

/** How a guest ended; `stopped`: by piimg. */
export type GuestEnd = 'reboot' | 'off' | 'panic' | 'stopped'

/** What the guest writes to its serial port. */
export class Console {
  #text = ''
  readonly #listeners = new Set<(bytes: Buffer) => void>()

  write(bytes: Buffer): void {
    this.#text = (this.#text + bytes.toString('latin1')).slice(-64 * 1024)
    for (const listener of this.#listeners) listener(bytes)
  }

  /** @returns a function that removes the listener */
  onOutput(listener: (bytes: Buffer) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the recent text matches. */
  async waitFor(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) {
      await new Promise<void>((resolve) => {
        const off = this.onOutput(() => {
          off()
          resolve()
        })
      })
    }
  }

  /** For messages: without colours and other control sequences. */
  lastLines(count: number): string {
    const plain = stripVTControlCharacters(this.#text).replace(/[^\x20-\x7e\n]/g, '')
    return plain.trimEnd().split('\n').slice(-count).join('\n')
  }
}

export interface GuestInput {
  /** For messages. */
  readonly label: string
  readonly args: readonly string[]
  readonly network: NodeNetwork
  /** The network of its eth0, unless that is connected to the switch. */
  readonly lan: Switch
  /** A file to which the output of the console is appended. */
  readonly log: string
  readonly console: Console
  /** Whether the terminal's keys are sent to the console. */
  readonly keys: boolean
  readonly stop: AbortSignal
}

/**
 * Runs a guest until it reboots, powers off, or is stopped.
 * @throws {StepError} where QEMU itself fails
 */
export async function runGuest(input: GuestInput): Promise<GuestEnd> {
  const { label, args, log: logFile, console, keys, stop } = input
  const step = `emulate ${label}`
  const qemu = start({ tool: tools.qemu, args, step }, stop)
  plugIn(input, qemu)
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  qemu.stdout.on('data', (bytes: Buffer) => {
    log.write(bytes)
    console.write(bytes)
  })
  let reason: string | undefined
  const [channel] = qemu.channels
  const control = createInterface({ input: channel, crlfDelay: Infinity })
  // A QEMU that dies has not read its last command: ECONNRESET. `ended` reports the reason.
  control.on('error', () => {})
  control.on('line', (line) => (reason = shutdownReason(line) ?? reason))
  channel.write('{"execute":"qmp_capabilities"}\n')
  const work = async () => await qemu.ended
  const ended = await (keys ? withKeys((bytes) => qemu.stdin.write(bytes), work) : work())
  log.end()
  await once(log, 'close')
  interruption.throwIfAborted()
  if (stop.aborted) return 'stopped'
  if (ended.exitCode === 0 && reason !== undefined) return ends[reason] ?? 'off'
  const said = ended.stderr.trim()
  throw new StepError({
    step,
    reason:
      said === ''
        ? `QEMU ended without a message; the last lines of the console:\n${console.lastLines(20)}`
        : said,
  })
}

function plugIn({ network, lan }: GuestInput, { channels: [, cable, outside] }: Started): void {
  if (network.cards.every(({ lead }) => lead !== 'switch')) return
  const { leases } = network.outside ?? {}
  lan.plug(cable, leases === undefined ? undefined : { cable: outside, leases })
}

/** QEMU's reasons (qapi/run-state.json, ShutdownCause). */
const ends: Readonly<Record<string, GuestEnd>> = {
  'guest-reset': 'reboot',
  'guest-shutdown': 'off',
  'guest-panic': 'panic',
}

function shutdownReason(line: string): string | undefined {
  try {
    const message = JSON.parse(line) as { event?: string; data?: { reason?: string } }
    return message.event === 'SHUTDOWN' ? (message.data?.reason ?? 'guest-shutdown') : undefined
  } catch {
    return undefined
  }
}
