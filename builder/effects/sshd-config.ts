import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

/** A line of sshd's configuration. */
export interface SshdLine {
  /** In small letters. */
  readonly keyword: string
  readonly words: readonly string[]
  readonly path: string
  readonly line: number
  /** The criteria of the Match blocks around it, each `user pi`; empty: it holds for everybody. */
  readonly match: readonly string[]
}

type ParsedLine = Pick<SshdLine, 'keyword' | 'words' | 'line'>

/** sshd_config(5): a keyword and its arguments, with an optional `=` between, quotes, and comments. */
const parsed = memo((content: Content, wanted: ReadonlySet<string>): readonly ParsedLine[] =>
  textOf(content)
    .split('\n')
    .flatMap((text, index) => {
      const [, keyword, rest = ''] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? []
      if (keyword === undefined || !isNeeded(keyword.toLowerCase(), wanted)) return []
      const words = [...rest.matchAll(/"([^"]*)"|([^\s"#]\S*)|#.*/g)].flatMap(
        ([, quoted, word]) => quoted ?? word ?? [],
      )
      return [{ keyword: keyword.toLowerCase(), words, line: index + 1 }]
    }),
)

function isNeeded(keyword: string, wanted: ReadonlySet<string>): boolean {
  return keyword === 'include' || keyword === 'match' || wanted.has(keyword)
}

interface Place {
  readonly path: string
  /** The Match blocks around an Include. */
  readonly outer: readonly string[]
  readonly level: number
}

const mainFile: Place = { path: '/etc/ssh/sshd_config', outer: [], level: 0 }

/** As many levels of Include as sshd follows. */
const mostLevels = 16

/**
 * The lines with these keywords that sshd reads, in its order; those of included files in the place of their Include. The
 * Match blocks of a file end with it.
 */
export function sshdLines(root: FinishedTree, wanted: ReadonlySet<string>, place = mainFile): SshdLine[] {
  const { path, outer, level } = place
  const content = root.content(path)
  if (content === undefined || level > mostLevels) return []
  let match = outer
  return parsed(content, wanted).flatMap((each): SshdLine[] => {
    const { keyword, words } = each
    if (keyword === 'match') {
      match = [...outer, words.join(' ').toLowerCase()]
      return []
    }
    if (keyword !== 'include') return [{ ...each, path, match }]
    return words
      .flatMap((pattern) => filesOf(root, pattern))
      .flatMap((file) => sshdLines(root, wanted, { path: file, outer: match, level: level + 1 }))
  })
}

/** The files of an Include: relative to /etc/ssh, with patterns of glob(7) in the last part. */
function filesOf(root: FinishedTree, pattern: string): string[] {
  const path = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`
  const slash = path.lastIndexOf('/')
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)]
  if (!/[*?[]/.test(name)) return [path]
  const wanted = patternOf(name)
  return root
    .names(folder)
    .filter((each) => wanted.test(each))
    .map((each) => `${folder}/${each}`)
}

/** A pattern of glob(7) for names; `*` and `?` match no dot at the beginning. */
function patternOf(glob: string): RegExp {
  const text = glob.replace(/\[[^\]]*\]|[^\w]/g, (part) => {
    if (part.length > 1) return part.replace(/^\[!/, '[^')
    return part === '*' ? '.*' : part === '?' ? '.' : `\\${part}`
  })
  return new RegExp(`^${/^[*?]/.test(glob) ? '(?!\\.)' : ''}${text}$`)
}
