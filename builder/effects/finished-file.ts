import type { FileKind } from '../model/file-tree.js'
import type { PartitionName } from '../model/overlay.js'
import type { BootEntry, RootEntry } from '../model/plan.js'

/** A file of the finished partition. */
export interface FinishedFile {
  /** With every link followed. */
  readonly path: string
  readonly kind: FileKind
  /** Of a link that was not followed. */
  readonly target?: string
  /** The lower 12 bits, and the owner; of boot files, which have none, those that FAT shows. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Whether the plan writes it, and not the base image. */
  readonly isPlanned: boolean
}

export interface Found extends FinishedFile {
  /** The entry of the plan, if the file is not the base image's. */
  readonly entry?: BootEntry | RootEntry
  /** Where the base image has this file, or what is in it; undefined where it has none. */
  readonly base?: string
}

export type OnRead = (entry: BootEntry | RootEntry) => void

export interface TreePlace {
  readonly partition: PartitionName
  readonly file: string
  readonly onRead?: OnRead
}

/** The path by which a file is found: FAT is case-insensitive. */
export function keyOf(partition: PartitionName): (path: string) => string {
  return partition === 'boot' ? lowerCase : asItIs
}

const lowerCase = (path: string): string => path.toLowerCase()
const asItIs = (path: string): string => path

export const top: Found = {
  path: '/',
  kind: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  isPlanned: false,
  base: '',
}

export function pathOf(folder: FinishedFile, name: string): string {
  return `${folder.path === '/' ? '' : folder.path}/${name}`
}

export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
