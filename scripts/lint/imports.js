import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { doors, impureModules, mayImport, processModules, pureFolders } from './walls.js'

/**
 * A rule for ESLint: no import circle, and in builder/ the walls of `walls.js`. Each kind of import counts: static,
 * dynamic, `export … from`, and imports of types, which `import-x/no-cycle` leaves out.
 */
export const imports = {
  meta: { type: 'problem', schema: [] },
  create({ cwd, filename, sourceCode, report }) {
    const builder = join(cwd, 'builder')
    const importProblem = ({ name, target }) =>
      (target === undefined
        ? moduleProblem(nameIn(builder, filename), name.replace(/^node:/, ''))
        : wallProblem(nameIn(builder, filename), nameIn(builder, target))) ?? circleProblem(filename, target)
    return {
      Program() {
        for (const found of importsOf(filename, sourceCode.text)) {
          const message = importProblem(found)
          if (message !== undefined) report({ loc: sourceCode.getLocFromIndex(found.position), message })
        }
      },
    }
  },
}

/** All imports of a file; `target` is the file that is imported, where it is not a library's. */
function importsOf(file, text) {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: name, pos: position }) => {
    const target = name.startsWith('.') ? join(dirname(file), name).replace(/\.js$/, '.ts') : undefined
    return { name, target, position }
  })
}

/** How `walls.js` names a file, e.g. `plan/edits/accounts`; undefined outside builder/. */
function nameIn(builder, file) {
  const name = relative(builder, file)
  return name.startsWith('..') ? undefined : name.replace(/\.ts$/, '')
}

function folderOf(name) {
  return name.split('/')[0]
}

function wallProblem(from, to) {
  if (from === undefined) return undefined
  if (to === undefined) return 'builder/ imports nothing from outside'
  const folder = folderOf(from)
  const allowed = mayImport[from] ?? mayImport[folder]
  if (allowed === undefined) return `scripts/lint/walls.js does not say what ${folder} may import`
  const isAllowed = folderOf(to) === folder || allowed.includes(folderOf(to)) || allowed.includes(to)
  return isAllowed ? undefined : `${from} may not import ${to} (scripts/lint/walls.js)`
}

function moduleProblem(from, name) {
  if (from === undefined) return undefined
  const folder = folderOf(from)
  const door = doors[name]
  if (door !== undefined && door !== from) return `${name} is imported by ${door} only`
  // `fs/promises` is as impure as `fs`.
  if (pureFolders.includes(folder) && impureModules.includes(folderOf(name)))
    return `${folder}/ is pure: no ${name}`
  if (folder !== 'host' && processModules.includes(name)) return 'only host/ starts processes and threads'
  return undefined
}

function circleProblem(file, target) {
  const circle = target === undefined ? undefined : wayBack(target, file, new Set())
  return circle && `import circle: ${[file, ...circle].map((path) => relative('.', path)).join(' → ')}`
}

/** The files by which imports lead from one file to another. */
function wayBack(from, to, seen) {
  if (from === to) return [to]
  seen.add(from)
  for (const next of importedBy(from)) {
    const rest = seen.has(next) ? undefined : wayBack(next, to, seen)
    if (rest !== undefined) return [from, ...rest]
  }
  return undefined
}

/** Read once a run: an editor that keeps ESLint open sees a new circle when it starts ESLint again. */
const known = new Map()

function importedBy(file) {
  const imported = known.get(file) ?? readImports(file)
  known.set(file, imported)
  return imported
}

function readImports(file) {
  try {
    return importsOf(file, readFileSync(file, 'utf8')).flatMap(({ target }) => target ?? [])
  } catch {
    // What does not exist is for the compiler to report.
    return []
  }
}
