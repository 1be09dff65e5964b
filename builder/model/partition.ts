/** One entry of an MBR partition table; offset and size in bytes. */
export interface Partition {
  /** 1 to 4. */
  readonly number: number
  /** The type byte, e.g. 0x0c for FAT32 (LBA), 0x83 for Linux. */
  readonly type: number
  readonly offset: number
  readonly size: number
}

export interface PartitionTable {
  /** The disk signature, bytes 440 to 443 little-endian, as 8 hex digits: what PARTUUIDs start with. */
  readonly diskSignature: string
  readonly partitions: readonly Partition[]
}
