export const sectorSize = 512

/** Bytes from the start of the image. */
export interface Range {
  readonly offset: number
  readonly size: number
}

/** As fdisk and parted leave code in front of the table: no Raspberry Pi runs it, and it must stay as it is. */
const bootCode = Buffer.alloc(440, 'no code of a practice image is ever run; ')

/** The first sector of a disk with a FAT32 and a Linux partition; `signature` as 8 hex digits. */
export function masterBootRecord(signature: string, boot: Range, root: Range): Buffer {
  const sector = Buffer.alloc(sectorSize)
  bootCode.copy(sector)
  sector.writeUInt32LE(Number.parseInt(signature, 16), 440)
  writePartition(sector, 446, 0x0c, boot)
  writePartition(sector, 462, 0x83, root)
  sector.writeUInt16BE(0x55aa, 510)
  return sector
}

function writePartition(sector: Buffer, at: number, type: number, { offset, size }: Range): void {
  // Cylinder, head and sector: the highest there are, which says to look at the numbers below.
  const unused = [0xfe, 0xff, 0xff]
  sector.set([0, ...unused, type, ...unused], at)
  sector.writeUInt32LE(offset / sectorSize, at + 8)
  sector.writeUInt32LE(size / sectorSize, at + 12)
}
