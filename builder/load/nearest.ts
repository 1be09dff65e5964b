/** A hint with the most similar known word, or with all known words if none is similar. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const [best] = known
    .map((word) => ({ word, distance: editDistance(typed, word) }))
    .sort((a, b) => a.distance - b.distance)
  if (best !== undefined && best.distance <= Math.max(2, typed.length / 3))
    return `did you mean "${best.word}"?`
  return known.length === 0 ? 'there are none' : `known are ${[...known].sort().join(', ')}`
}

/** Whether one word may be a misspelling of the other. */
export function isNear(typed: string, known: string): boolean {
  return editDistance(typed, known) <= 2
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? a.length
}
