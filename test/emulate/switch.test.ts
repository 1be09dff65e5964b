import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Switch } from '../../builder/emulate/switch.js'

const broadcast = 'ff:ff:ff:ff:ff:ff'

/** The switch's end of a cable, and what a guest does at the other. */
class Guest extends Duplex {
  readonly heard: string[] = []
  #rest = Buffer.alloc(0)
  isHung = false

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.isHung) return
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE(0)) {
      const end = 4 + this.#rest.readUInt32BE(0)
      this.heard.push(this.#rest.toString('latin1', 4 + 12, end))
      this.#rest = this.#rest.subarray(end)
    }
    done()
  }

  says(...packets: readonly Buffer[]): void {
    this.push(Buffer.concat(packets))
  }
}

function packet(to: string, from: string, text: string | Buffer): Buffer {
  const address = (name: string) => Buffer.from(name.replaceAll(':', ''), 'hex')
  const frame = Buffer.concat([address(to), address(from), Buffer.from(text)])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frame.length)
  return Buffer.concat([length, frame])
}

const mac = (number: number) => `dc:a6:32:00:00:0${number}`

function plugged(count: number): { lan: Switch; guests: Guest[] } {
  const lan = new Switch()
  const guests = Array.from({ length: count }, () => new Guest())
  for (const guest of guests) lan.plug(guest)
  return { lan, guests }
}

const heard = (guests: readonly Guest[]) => guests.map((guest) => guest.heard)

describe('the switch', () => {
  it('sends what is for all to all others, and the answer to who asked', async () => {
    const { guests } = plugged(3)
    guests[0]?.says(packet(broadcast, mac(1), 'who?'))
    await turn()
    guests[1]?.says(packet(mac(1), mac(2), 'I'))
    await turn()
    expect(heard(guests)).toEqual([['I'], ['who?'], ['who?']])
  })

  it('puts packets together that come in any pieces', async () => {
    const { guests } = plugged(2)
    const bytes = Buffer.concat(['one', 'two', 'three'].map((text) => packet(broadcast, mac(1), text)))
    for (const byte of bytes) guests[0]?.says(Buffer.from([byte]))
    guests[0]?.says(bytes)
    await turn()
    expect(guests[1]?.heard).toEqual(['one', 'two', 'three', 'one', 'two', 'three'])
  })

  it('forgets a node that ends, and knows it again where it comes back', async () => {
    const { lan, guests } = plugged(3)
    guests[1]?.says(packet(broadcast, mac(2), 'here'))
    await turn()
    guests[1]?.destroy()
    await turn()
    const again = new Guest()
    lan.plug(again)
    guests[0]?.says(packet(mac(2), mac(1), 'where?'))
    await turn()
    expect(again.heard).toEqual(['where?'])
    again.says(packet(mac(1), mac(2), 'there'))
    await turn()
    guests[0]?.says(packet(mac(2), mac(1), 'good'))
    await turn()
    expect(heard([...guests, again])).toEqual([['here', 'there'], [], ['here', 'where?'], ['where?', 'good']])
  })

  it('drops what a node does not take, and serves the others', async () => {
    const { guests } = plugged(3)
    const [talker, hung, listener] = guests
    if (hung !== undefined) hung.isHung = true
    const text = Buffer.alloc(60_000)
    for (let count = 0; count < 100; count++) {
      talker?.says(packet(broadcast, mac(1), text))
      await turn()
    }
    expect(hung?.writableLength).toBeGreaterThan(0)
    expect(hung?.writableLength).toBeLessThan(2 ** 20 + 100_000)
    expect(listener?.heard.length).toBe(100)
  })
})

describe('what only its node sees of the outside', () => {
  const gateway = '52:55:0a:00:00:fe'
  /** An IPv4 header of 20 bytes with UDP in it, from a port. */
  const udpFrom = (port: number) => {
    const bytes = Buffer.alloc(2 + 20 + 8)
    bytes.writeUInt16BE(0x0800, 0)
    bytes[2] = 0x45
    bytes[2 + 9] = 17
    bytes.writeUInt16BE(port, 22)
    return bytes
  }
  const nodes = (leases: boolean) => {
    const { lan, guests } = plugged(1)
    const [node, outside] = [new Guest(), new Guest()]
    lan.plug(node, { cable: outside, leases })
    return { node, outside, other: guests[0] ?? new Guest() }
  }

  it('hears its node, and no other', async () => {
    const { node, outside, other } = nodes(true)
    node.says(packet(broadcast, mac(1), 'mine'))
    other.says(packet(broadcast, mac(2), 'yours'), packet(gateway, mac(2), 'stray'))
    await turn()
    expect(outside.heard).toEqual(['mine'])
    outside.says(packet(mac(1), gateway, 'answer'), packet(broadcast, gateway, 'news'))
    await turn()
    node.says(packet(gateway, mac(1), 'thanks'), packet(mac(2), mac(1), 'by the way'))
    await turn()
    expect(outside.heard).toEqual(['mine', 'thanks'])
    expect(other.heard).toEqual(['mine', 'by the way'])
    expect(node.heard).toEqual(['yours', 'stray', 'answer', 'news'])
  })

  it.each([true, false])('gives leases: %s', async (leases) => {
    const { node, outside } = nodes(leases)
    outside.says(packet(mac(1), gateway, udpFrom(67)), packet(mac(1), gateway, udpFrom(53)))
    await turn()
    expect(node.heard.map((text) => Buffer.from(text, 'latin1').readUInt16BE(22))).toEqual(
      leases ? [67, 53] : [53],
    )
  })
})
