import type { Facts } from '../model/facts.js'

/** A partition of the image. */
type Partition = Facts['root']

/** What PARTUUID= of a partition of an MBR is: the disk signature, and the number in hexadecimal. */
export function partUuid({ diskSignature }: Facts, { number }: Pick<Partition, 'number'>): string {
  return `${diskSignature}-${number.toString(16).padStart(2, '0')}`
}

const tag = /^(?:\/dev\/disk\/by-(partuuid|uuid|label)\/|(PARTUUID|UUID|LABEL)=)(.*)$/
const deviceFile = /^\/dev\/(?:mmcblk\d+p|nvme\d+n\d+p|[sv]d[a-z]+)(\d+)$/

/**
 * Whether a word names a partition of the image, as the kernel (admin-guide/kernel-parameters, `root=`) and mount(8) read
 * it; undefined where only the running system can know. The number of a device file counts, not its disk: the card is
 * mmcblk0, sda or nvme0n1 by the reader that it is in.
 */
export function isNameOf(word: string, partition: Partition, facts: Facts): boolean | undefined {
  const [, folder, tagName, quoted = ''] = tag.exec(word) ?? []
  const name = tagName ?? folder?.toUpperCase()
  const value = unquoted(quoted)
  if (name === 'PARTUUID') return value.toLowerCase() === partUuid(facts, partition)
  if (name === 'UUID') return value.toLowerCase() === partition.uuid.toLowerCase()
  if (name === 'LABEL') return value === partition.label
  const [, number] = deviceFile.exec(word) ?? []
  return number === undefined ? undefined : Number(number) === partition.number
}

/** Quotes are for blkid; fstab(5) and udev write a blank as an octal or hexadecimal number. */
function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/, '$1').replace(/\\(?:040|x20)/g, ' ')
}
