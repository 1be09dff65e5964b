import { extract, type Header, pack, type Pack } from 'tar-stream'
import type { Content } from '../model/content.js'
import type { BootStep, Step } from '../model/step.js'
import type { Card, Order } from './order.js'

/** What to do with an entry, if its type alone does not define it: a pax record with a vendor's keyword, pax(1). */
const keyword = 'PIIMG.do'

interface Packed {
  readonly header: Partial<Header> & Pick<Header, 'name'>
  readonly content?: Content
}

/**
 * An order as one tar, the same bytes for the same order: `card.json` with the offsets of the partitions, then every
 * step as an entry below `boot/` or `root/`.
 */
export async function packOrder(card: Card, order: Order): Promise<Buffer> {
  const tar = pack()
  const mtime = new Date(card.builtAt * 1000)
  const { folder: _, ...facts } = card
  const first = {
    header: { name: 'card.json', mode: 0o600 },
    content: Buffer.from(JSON.stringify({ ...facts, rootSize: order.rootSize })),
  }
  for (const { header, content } of [first, ...order.boot.map(packBoot), ...order.root.map(packRoot)]) {
    add(tar, { mtime, uid: 0, gid: 0, ...header }, content)
  }
  tar.finalize()
  const pieces: Buffer[] = []
  for await (const piece of tar) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function add(tar: Pack, header: Packed['header'], content: Content = Buffer.alloc(0)): void {
  if (Buffer.isBuffer(content)) {
    tar.entry(header, content)
    return
  }
  const entry = tar.entry({ ...header, size: content.size })
  for (const piece of content.open()) entry.write(piece)
  entry.end(null)
}

function packBoot(step: BootStep): Packed {
  const name = `boot${step.path}`
  if (step.do === 'remove') return { header: { name, pax: { [keyword]: 'remove' } } }
  return { header: { name, mode: 0o600 }, content: step.content }
}

function packRoot(step: Step): Packed {
  const name = `root${step.path}`
  switch (step.do) {
    case 'write':
      return { header: { name, ...headerOf(step) }, content: step.content }
    case 'mkdir':
      return { header: { name, type: 'directory', ...headerOf(step) } }
    case 'own':
      return { header: { name, type: 'directory', ...headerOf(step, 'own') } }
    case 'symlink':
      return { header: { name, type: 'symlink', linkname: step.target } }
    case 'rename':
      return { header: { name, type: 'link', linkname: `root${step.to}`, pax: { [keyword]: 'rename' } } }
    case 'unlink':
    case 'rmdir':
      return { header: { name, pax: { [keyword]: step.do } } }
  }
}

/** The largest number in a tar header's six octal digits; a larger one needs a pax record, pax(1). */
const largestId = 0o777777

/** tar-stream replaces mode 0 by its default, but writes the lower 12 bits only; and it cuts off large numbers. */
function headerOf(
  { mode, owner }: Step & { readonly do: 'write' | 'mkdir' | 'own' },
  verb?: string,
): Partial<Header> {
  const large = Object.entries(owner).filter(([, id]: [string, number]) => id > largestId)
  const records = [
    ...large.map(([key, id]) => [key, String(id)] as const),
    ...(verb === undefined ? [] : [[keyword, verb] as const]),
  ]
  return {
    mode: mode | 0o100000,
    ...owner,
    ...(records.length === 0 ? {} : { pax: Object.fromEntries(records) }),
  }
}

/** What `packOrder` packed. @param folder where the card's image is */
export async function unpackOrder(
  tar: Buffer,
  folder: string,
): Promise<{ readonly card: Card; readonly order: Order }> {
  const boot: BootStep[] = []
  const root: Step[] = []
  let facts: (Omit<Card, 'folder'> & Pick<Order, 'rootSize'>) | undefined
  const reader = extract()
  reader.end(tar)
  for await (const entry of reader) {
    const pieces: Buffer[] = []
    for await (const piece of entry) pieces.push(piece as Buffer)
    const content = Buffer.concat(pieces)
    const { header } = entry
    if (header.name === 'card.json') facts = JSON.parse(content.toString()) as typeof facts
    else if (header.name.startsWith('boot/')) boot.push(unpackBoot(header, content))
    else root.push(unpackRoot(header, content))
  }
  if (facts === undefined) throw new Error('an order without a card')
  const { rootSize, ...card } = facts
  return { card: { ...card, folder }, order: { ...(rootSize === undefined ? {} : { rootSize }), boot, root } }
}

function verbOf(header: Header): string {
  return recordOf(header, keyword) ?? header.type
}

function recordOf({ pax }: Header, key: string): string | undefined {
  return (pax as Readonly<Record<string, string>> | null | undefined)?.[key]
}

function unpackBoot(header: Header, content: Buffer): BootStep {
  const path = header.name.slice('boot'.length)
  return verbOf(header) === 'remove' ? { do: 'remove', path } : { do: 'write', path, content }
}

function unpackRoot(header: Header, content: Buffer): Step {
  const path = header.name.slice('root'.length).replace(/\/$/, '')
  const { linkname, mode } = header
  const idOf = (key: 'uid' | 'gid') => Number(recordOf(header, key) ?? header[key])
  const owned = { mode, owner: { uid: idOf('uid'), gid: idOf('gid') } }
  const verb = verbOf(header)
  switch (verb) {
    case 'file':
      return { do: 'write', path, ...owned, content }
    case 'directory':
      return { do: 'mkdir', path, ...owned }
    case 'own':
      return { do: verb, path, ...owned }
    case 'symlink':
      return { do: verb, path, target: linkname }
    case 'rename':
      return { do: verb, path, to: linkname.slice('root'.length) }
    case 'unlink':
    case 'rmdir':
      return { do: verb, path }
    default:
      throw new Error(`an order with an entry of an unknown kind: ${verb}`)
  }
}
