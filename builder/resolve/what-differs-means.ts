import type { OpenImage } from '../image/open-image.js'
import { wholeOf } from '../model/content.js'
import type { Entry } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import type { Difference } from '../stock/differences.js'

interface OnNode {
  /** What a plan does with the file. */
  readonly entry: Entry | undefined
  /** What is against a promise there. */
  readonly problem: Problem | undefined
  readonly image: OpenImage
}

/** What a difference from the stock image means for a node: what piimg does with it. */
export function meaningOf(difference: Difference, { entry, problem, image }: OnNode): string {
  const { change } = difference
  if (problem !== undefined)
    return `${problem.severity === 'error' ? 'an error' : 'a warning'} at build: ${problem.what}`
  if (entry === undefined) return change === 'missing' ? 'stays missing' : 'kept'
  if (entry.kind === 'removal') return 'removed'
  if (change === 'missing') return 'piimg writes it'
  const isEdit = entry.origins.some(({ inOverlay }) => inOverlay?.includes('[edit ') === true)
  return isEdit && entry.kind === 'file' ? editMeaning(entry, image) : 'overruled by a file of piimg'
}

function editMeaning(
  { partition, path, content }: Entry & { readonly kind: 'file' },
  image: OpenImage,
): string {
  const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '')
  const after = new Set(linesOf(wholeOf(content).toString('latin1')))
  const before = linesOf(image[partition].readFile(path)?.toString('latin1') ?? '')
  const kept = before.filter((line) => after.has(line)).length
  if (kept === before.length) return 'kept, and piimg adds its own settings'
  return kept === 0 ? 'overruled by what piimg writes' : 'kept, except for the lines that piimg changes'
}
