import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileItem, PartitionName, TemplateText, When } from '../model/overlay.js'
import { type Problem, error } from '../model/problem.js'
import { parseCondition } from './conditions.js'
import { placeIn } from './package-root.js'

const templateSuffix = '.hbs'
const ignored = new Set(['.DS_Store', '.gitkeep'])

/** The attributes that `overlay.ini` can set for one file of the trees. */
export interface FileSettings {
  readonly mode: number
  readonly owner: string
  readonly replaces: boolean
  readonly when: When
}

export type TreeFile = Omit<FileItem, keyof FileSettings> & { readonly when: When }

/**
 * The files of an overlay's trees, in the order of their names. Mode and owner never come from the disk: a clone's
 * umask must not reach the image. The trees are `boot` and `root`, and `root@FACT+FACT` if all the facts hold.
 */
export function readTrees(folder: string, problems: Problem[]): TreeFile[] {
  return filesIn(folder).flatMap((tree) => {
    const [, partition, facts] = /^(boot|root)(?:@(!?[a-z0-9_]+(?:\+!?[a-z0-9_]+)*))?$/.exec(tree.name) ?? []
    const path = join(folder, tree.name)
    if (partition !== 'boot' && partition !== 'root') {
      if (tree.isDirectory()) refuseTree(path, problems)
      return []
    }
    const when = facts === undefined ? [] : [facts.split('+').map((fact) => parseCondition(fact))]
    return readTree({ folder: path, partition, when }, '', problems)
  })
}

function filesIn(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function refuseTree(file: string, problems: Problem[]): void {
  const hint = 'trees are boot, root, and with facts root@networkmanager or root@trixie+arm64'
  problems.push(error({ file }, 'not a tree of an overlay', hint))
}

interface Tree {
  readonly folder: string
  readonly partition: PartitionName
  readonly when: When
}

function readTree(tree: Tree, path: string, problems: Problem[]): TreeFile[] {
  return filesIn(`${tree.folder}${path}`)
    .filter(({ name }) => !ignored.has(name))
    .flatMap((found) => {
      const below = `${path}/${found.name}`
      const file = `${tree.folder}${below}`
      if (found.isDirectory()) return readTree(tree, below, problems)
      if (found.isFile()) return [readTreeFile(tree, below, file, problems)]
      problems.push(
        error(
          { file },
          'neither a file nor a folder',
          'links are declared in overlay.ini: [link root/…] target = …',
        ),
      )
      return []
    })
}

function readTreeFile(tree: Tree, below: string, file: string, problems: Problem[]): TreeFile {
  const bytes = readFileSync(file)
  if (bytes.includes(13) && !bytes.includes(0)) {
    problems.push(error({ file }, 'a carriage return in a text file', 'save it with Unix line ends (LF)'))
  }
  const origin = placeIn(file)
  const isTemplate = below.endsWith(templateSuffix)
  const path = isTemplate ? below.slice(0, -templateSuffix.length) : below
  const content: Buffer | TemplateText = isTemplate ? { text: bytes.toString(), origin } : bytes
  return {
    kind: 'file',
    partition: tree.partition,
    path: { text: path, origin },
    when: tree.when,
    content,
    origin,
  }
}
