import type { FinishedNode, NodeFiles } from '../effects/finished-node.js'
import { FinishedTree } from '../effects/finished-tree.js'
import type { OpenImage } from '../image/open-image.js'
import type { Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'

/** @param path `boot/…` or `root/…` */
type OnLookup = (path: string, isRead: boolean) => void

/** The same image, which reports what is looked up in it, and what is read. */
export function recordedImage(image: OpenImage, onLookup: OnLookup): OpenImage {
  return {
    ...image,
    boot: recordedTree(image.boot, 'boot', onLookup),
    root: recordedTree(image.root, 'root', onLookup),
  }
}

/** The node of a plan, which reports the files by which a check decides; a new one for each, as checks have a memory. */
export function recordedNode(
  image: OpenImage,
  facts: Facts,
  plan: NodeFiles,
  onLookup: OnLookup,
): FinishedNode {
  const treeOf = (partition: 'boot' | 'root') =>
    new RecordedTree(image[partition], plan[partition], { partition, file: facts.file }, onLookup)
  return {
    boot: treeOf('boot'),
    root: treeOf('root'),
    base: recordedTree(image.root, 'root', onLookup),
    facts: { ...facts },
    plan: { ...plan },
  }
}

function recordedTree<Tree extends FileTree>(tree: Tree, partition: string, onLookup: OnLookup): Tree {
  // Fat32 counts its free clusters when it is asked: a copy would ask.
  return Object.assign(Object.create(tree) as Tree, {
    readFile: (path: string) => {
      onLookup(partition + path, true)
      return tree.readFile(path)
    },
    stat: (path: string) => {
      onLookup(partition + path, false)
      return tree.stat(path)
    },
  })
}

class RecordedTree extends FinishedTree {
  readonly #partition: string
  readonly #onLookup: OnLookup

  constructor(
    base: FileTree,
    entries: NodeFiles['boot' | 'root'],
    place: ConstructorParameters<typeof FinishedTree>[2],
    onLookup: OnLookup,
  ) {
    super(base, entries, place)
    this.#partition = place.partition
    this.#onLookup = onLookup
  }

  override find(path: string): ReturnType<FinishedTree['find']> {
    this.#onLookup(this.#partition + path, false)
    return super.find(path)
  }

  override findLink(path: string): ReturnType<FinishedTree['findLink']> {
    this.#onLookup(this.#partition + path, false)
    return super.findLink(path)
  }

  override content(path: string): ReturnType<FinishedTree['content']> {
    this.#onLookup(this.#partition + path, true)
    return super.content(path)
  }
}
