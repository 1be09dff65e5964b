/** Runs work that says when each of its steps begins. @returns seconds by step */
export async function timed(
  work: (onStep: (step: string) => void) => Promise<void>,
): Promise<Record<string, number>> {
  const begun: [step: string, at: number][] = []
  await work((step) => begun.push([step, performance.now()]))
  const ends = [...begun.slice(1).map(([, at]) => at), performance.now()]
  return Object.fromEntries(begun.map(([step, at], index) => [step, ((ends[index] ?? at) - at) / 1000]))
}
