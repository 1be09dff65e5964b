import type { OpenImage } from '../../builder/image/open-image.js'
import { cachedTree } from '../../builder/image/cached-tree.js'
import { readFacts } from '../../builder/image/facts.js'
import type { Facts } from '../../builder/model/facts.js'
import type { FileTree } from '../../builder/model/file-tree.js'
import { releases as practiceReleases } from '../../scripts/practice/releases.js'
import { mergeEntries, type PracticeEntry, practiceTree, type Release } from '../../scripts/practice/tree.js'
import { memoryTree } from './memory-tree.js'

/** The releases that practice images exist of. */
export const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'debian'] as const

const trees = new Map<Release, ReturnType<typeof practiceTree>>()

/** The entries of a stock image. Making them takes longer than most tests. */
export function treeOf(release: Release): ReturnType<typeof practiceTree> {
  const known = trees.get(release) ?? practiceTree(release)
  trees.set(release, known)
  return known
}

export interface PracticeBase {
  readonly image: OpenImage
  readonly facts: Facts
  readonly root: FileTree
}

/**
 * A stock image of a release in memory, with `extra` added to its root partition or put in the place of files, and
 * `extraBoot` to its boot partition.
 */
export function practiceBase(
  release: Release,
  extra: readonly PracticeEntry[] = [],
  extraBoot: readonly PracticeEntry[] = [],
): PracticeBase {
  const entries = treeOf(release)
  const { diskSignature, bootLabel, bootVolumeId, rootUuid } = practiceReleases[release]
  const root = cached(mergeEntries(entries.root, extra))
  const partition = { offset: 0, size: 0 }
  const image: Partial<Record<keyof OpenImage, unknown>> = {
    name: `${release}.img`,
    file: `${release}.img`,
    size: 0,
    table: { diskSignature, partitions: [] },
    bootPartition: { ...partition, number: 1, type: 0x0c },
    rootPartition: { ...partition, number: 2, type: 0x83 },
    // FAT knows no modes; this is the one that all its files are shown with.
    boot: {
      ...cached(mergeEntries(entries.boot, extraBoot).map((entry) => ({ ...entry, mode: 0o755 }))),
      label: bootLabel,
      volumeId: `${bootVolumeId.slice(0, 4)}-${bootVolumeId.slice(4)}`.toUpperCase(),
    },
    root: { ...root, superblock: { uuid: rootUuid, label: 'rootfs' } },
  }
  return { image: image as OpenImage, facts: readFacts(image as OpenImage), root }
}

/** As the reader of an image looks files up. */
function cached(entries: readonly PracticeEntry[]): FileTree {
  const tree = memoryTree(entries)
  return { ...tree, ...cachedTree(tree) }
}

/** The text of a stock file, `boot/…` or `root/…`, links followed; undefined where the release has none. */
export function stockText(release: Release, path: `boot/${string}` | `root/${string}`): string | undefined {
  const { boot, root } = treeOf(release)
  const tree = memoryTree(path.startsWith('boot/') ? boot : root)
  return tree.readFile(path.slice(4))?.toString('latin1')
}
