import { factNames } from '../model/facts.js'
import type { Condition, NodeList, Overlay, OverlayItem, TemplateText } from '../model/overlay.js'
import { type Origin, type Problem, error, warning } from '../model/problem.js'
import { isListType } from '../model/types/variable-types.js'
import type { Variable } from '../model/variable.js'
import { checkTemplate } from './check-template.js'
import { edits } from './edits/registry.js'
import { memo } from '../model/memo.js'
import { kindOfType, knownNames } from './names.js'
import { secretPlaces } from './secret-places.js'
import { nodeFields } from '../model/node-record.js'
import { helpers } from './helpers.js'

/**
 * Problems of an overlay that do not depend on a node: undeclared names, unused variables, edits that do not exist.
 * @param core the variables that every overlay may use
 */
export const checkOverlay = memo((overlay: Overlay, core: readonly Variable[]): readonly Problem[] => {
  const known = knownNames(core)
  const own = overlay.variables.map(({ name, type }) => [name, kindOfType(type)] as const)
  const lists = overlay.lists.map(({ name }) => [name, 'nodes'] as const)
  const opened = overlay.opened.map(({ name, type }) => [name, kindOfType(type)] as const)
  const names = new Map([...known, ...opened, ...own, ...lists])
  const fields = new Map(overlay.lists.map(({ name, published }) => [name, published]))
  const checked = templatesOf(overlay).map((template) =>
    checkTemplate(template, { names, fields, closed: overlay.closed }),
  )
  const conditions = conditionsOf(overlay)
  const used = new Set([
    ...checked.flatMap((result) => [...result.used]),
    ...conditions.map(({ name }) => name),
  ])
  return [
    ...checked.flatMap(({ problems }) => problems),
    ...conditions
      .filter(({ name }) => !names.has(name))
      .map(({ name, origin }) =>
        error(origin, `no fact, variable or list "${name}"`, `facts are ${factNames.join(', ')}`),
      ),
    ...overlay.variables.flatMap((variable) => checkVariable(variable, { known, used })),
    ...overlay.lists.flatMap((list) => checkList(list, { known, used })),
    ...overlay.appends
      .filter(
        ({ variable, isOptional }) => names.get(variable) !== 'list' && !(isOptional && !names.has(variable)),
      )
      .map(({ variable, origin }) => {
        const lists = [...core, ...overlay.opened, ...overlay.variables].filter(({ type }) =>
          isListType(type),
        )
        return error(
          origin,
          `"${variable}" is not a list`,
          `lists are ${lists.map(({ name }) => name).join(', ')}; for one of another overlay, write needs = or if_there = yes`,
        )
      }),
    ...overlay.items.flatMap(checkItem),
    ...overlay.items.flatMap((item) => forgottenSuffix(item, names)),
    ...conffileProblems(overlay),
    ...secretPlaces(overlay),
  ]
})

/** Folders where no package has a file of its own. Elsewhere dpkg would stop and ask which file to keep. */
const ownPlaces = /^\/etc\/(.+\/)?[^/]+\.d\/|^\/etc\/(systemd\/system|piimg)\//

/** An overlay must not write a file that a package of the first boot contains (Debian Policy, 10.7.3). */
function conffileProblems({ appends, items, allowed }: Overlay): Problem[] {
  if (!appends.some(({ variable }) => variable === 'packages')) return []
  const written = items.filter(
    ({ kind, partition }) => partition === 'root' && ['copy', 'edit', 'file', 'link'].includes(kind),
  )
  return written
    .filter(
      ({ path: { text } }) => text.startsWith('/etc/') && !ownPlaces.test(text) && !allowed.includes(text),
    )
    .map(({ origin, path }) => {
      const hint = `write to a folder *.d, or give the reason: [conffile root${path.text}], reason = …`
      return error(origin, `${path.text} may belong to a package that is installed later`, hint)
    })
}

interface Names {
  readonly known: ReadonlyMap<string, unknown>
  readonly used: ReadonlySet<string>
}

function checkVariable({ name, isPublished, isOpen, origin }: Variable, { known, used }: Names): Problem[] {
  if (known.has(name) || helpers.has(name) || (isPublished === true && isField(name)))
    return [error(origin, `"${name}" is a built-in name`, 'give it another name')]
  if (used.has(name) || isPublished === true || isOpen === true) return []
  return [
    error(origin, `variable "${name}" is declared and never used`, 'use it in a template, or remove it'),
  ]
}

function isField(name: string): boolean {
  return [...nodeFields, 'self'].some((field) => field === name)
}

function checkList({ name, where, published, origin }: NodeList, { known, used }: Names): Problem[] {
  const comparable = ['group', 'overlay', ...nodeFields, ...published]
  const unknown = where.flat().filter((condition) => !comparable.includes(condition.name))
  return [
    ...unknown.map((condition) =>
      error(origin, `no field "${condition.name}"`, `fields are ${comparable.join(', ')}`),
    ),
    ...(known.has(name) || helpers.has(name)
      ? [error(origin, `"${name}" is a built-in name`, 'give it another name')]
      : used.has(name)
        ? []
        : [error(origin, `the list "${name}" is never used`, 'use it in a template, or remove it')]),
  ]
}

function checkItem(item: OverlayItem): Problem[] {
  const onFat = item.partition === 'boot' && ['copy', 'directory', 'link', 'move'].includes(item.kind)
  const problems = onFat
    ? [
        error(
          item.origin,
          `a ${item.kind} on the boot partition`,
          'FAT stores only files; folders are created with them',
        ),
      ]
    : []
  if (item.kind !== 'edit') return problems
  const edit = Object.hasOwn(edits, item.edit) ? edits[item.edit] : undefined
  if (edit === undefined) {
    return [
      ...problems,
      error(item.origin, `no edit "${item.edit}"`, `edits are ${Object.keys(edits).join(', ')}`),
    ]
  }
  const given = Object.keys(item.parameters)
  const known = [...edit.parameters, ...edit.optional]
  return [
    ...problems,
    ...edit.parameters
      .filter((name) => !given.includes(name))
      .map((name) => error(item.origin, `edit ${item.edit} needs "${name}"`, `write ${name} = …`)),
    ...given
      .filter((name) => !known.includes(name))
      .map((name) =>
        error(
          item.origin,
          `edit ${item.edit} has no parameter "${name}"`,
          `its parameters are ${known.join(', ')}`,
        ),
      ),
  ]
}

/** A name of the overlay in a file that is copied as it is. */
function forgottenSuffix(item: OverlayItem, names: ReadonlyMap<string, unknown>): Problem[] {
  if (item.kind !== 'file' || !Buffer.isBuffer(item.content) || item.content.length > largestText) return []
  if (item.origin.isShipped === true) return []
  const words = item.content.toString('latin1').matchAll(/\{\{([a-z][a-z0-9_]*)\}\}/g)
  const [found] = [...words].map(([, name = '']) => name).filter((name) => names.has(name))
  if (found === undefined) return []
  const what = `${item.partition}${item.path.text} goes onto the card with {{${found}}} as it is`
  return [warning(item.origin, what, 'if it is a template, add .hbs to the name of the file')]
}

/** Bytes; no template is as large. */
const largestText = 65_536

/** Every text of an overlay that may be a template. */
export function templatesOf(overlay: Overlay): TemplateText[] {
  return [
    ...overlay.items.flatMap(textsOf),
    ...overlay.appends.map(({ value }) => value),
    ...overlay.requirements.flatMap(({ path, what, hint }) =>
      [path, what, hint].filter((text) => text !== undefined),
    ),
  ]
}

/** Every text of a statement that may be a template. */
export function textsOf(item: OverlayItem): TemplateText[] {
  if (item.kind === 'file') return Buffer.isBuffer(item.content) ? [item.path] : [item.path, item.content]
  if (item.kind === 'link') return [item.path, item.target]
  if (item.kind === 'copy') return [item.path, item.from]
  if (item.kind === 'move') return [item.path, item.to]
  return item.kind === 'edit' ? [item.path, ...Object.values(item.parameters)] : [item.path]
}

/** Every condition of an overlay, with the place of its section. */
export function conditionsOf(overlay: Overlay): (Condition & { origin: Origin })[] {
  return [...overlay.items, ...overlay.appends, ...overlay.requirements].flatMap(({ when, origin }) =>
    when.flat().map((condition) => ({ origin, ...condition })),
  )
}
