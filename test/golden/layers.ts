/** One golden case: its release, its name, and its files by their names. */
export interface GoldenTree {
  readonly release: string
  readonly name: string
  readonly files: ReadonlyMap<string, Buffer>
}

/** The stored files by their paths below `test/golden/`. */
export type Stored = ReadonlyMap<string, Buffer>

type Case = Pick<GoldenTree, 'release' | 'name'>

/** The folders that may hold a file of a case; the first one that has it counts. */
function layersOf({ release, name }: Case): string[] {
  return [`${release}/${name}`, `common/${name}`, release, 'common']
}

/** Where the file of a case is stored. */
export function storedPath(stored: Stored, tree: Case, file: string): string | undefined {
  return layersOf(tree)
    .map((layer) => `${layer}/${file}`)
    .find((path) => stored.has(path))
}

/** Stored files that could be deleted: no case uses them, or the next wider layer has the same bytes. */
export function unneededFiles(stored: Stored, trees: readonly GoldenTree[]): string[] {
  const needed = new Set(
    trees.flatMap((tree) => [...tree.files.keys()].flatMap((file) => neededPath(stored, tree, file))),
  )
  return [...stored.keys()].filter((path) => !needed.has(path)).sort()
}

function neededPath(stored: Stored, tree: Case, file: string): string[] {
  const [path, wider] = layersOf(tree)
    .map((layer) => `${layer}/${file}`)
    .filter((each) => stored.has(each))
  if (path === undefined) return []
  const same = wider !== undefined && stored.get(wider)?.equals(stored.get(path) ?? Buffer.of())
  return same === true ? [] : [path]
}

/** How trees are stored: each content in the widest layer where most cases have it. */
export function inLayers(trees: readonly GoldenTree[]): Map<string, Buffer> {
  const files = new Set(trees.flatMap((tree) => [...tree.files.keys()]))
  return new Map(
    [...files].flatMap((file) => [...pruned(layersOfFile(file, contentsOf(file, trees)), trees)]),
  )
}

/** Without the files that no case needs, such as a common one when every case has a narrower one. */
function pruned(stored: Map<string, Buffer>, trees: readonly GoldenTree[]): Map<string, Buffer> {
  for (;;) {
    // One at a time: a file that equals a wider one needs that one.
    const [first] = unneededFiles(stored, trees)
    if (first === undefined) return stored
    stored.delete(first)
  }
}

interface Content extends Case {
  readonly bytes: Buffer
}

function contentsOf(file: string, trees: readonly GoldenTree[]): Content[] {
  return trees.flatMap(({ release, name, files }) => {
    const bytes = files.get(file)
    return bytes === undefined ? [] : [{ release, name, bytes }]
  })
}

function layersOfFile(file: string, contents: readonly Content[]): Map<string, Buffer> {
  const stored = new Map<string, Buffer>()
  const store = (layer: string, some: readonly Content[]) => {
    const common = stored.get(`common/${file}`)
    const bytes = mostFrequent(some, common)
    if (bytes !== undefined && common?.equals(bytes) !== true) stored.set(`${layer}/${file}`, bytes)
  }
  store('common', contents)
  for (const name of distinct(contents, 'name')) {
    store(
      `common/${name}`,
      contents.filter((each) => each.name === name),
    )
  }
  for (const release of distinct(contents, 'release')) {
    store(
      release,
      contents.filter((each) => each.release === release && !stored.has(`common/${each.name}/${file}`)),
    )
  }
  for (const { bytes, ...each } of contents) {
    const wider = stored.get(storedPath(stored, each, file) ?? '')
    if (wider?.equals(bytes) !== true) stored.set(`${each.release}/${each.name}/${file}`, bytes)
  }
  return stored
}

function distinct(contents: readonly Content[], key: keyof Case): Set<string> {
  return new Set(contents.map((each) => each[key]))
}

/** The bytes that most of several cases have, if at least two have them; of equals, `preferred`, then the first. */
function mostFrequent(contents: readonly Content[], preferred: Buffer | undefined): Buffer | undefined {
  const count = (bytes: Buffer) => contents.filter((each) => each.bytes.equals(bytes)).length
  const candidates = [...(preferred === undefined ? [] : [preferred]), ...contents.map(({ bytes }) => bytes)]
  const most = Math.max(2, ...candidates.map(count))
  return candidates.find((bytes) => count(bytes) === most)
}
