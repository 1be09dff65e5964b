/** What one piece of work knows of the others. */
export interface Turn {
  /** The end of the work before this one; rejects when that failed. */
  readonly previous: Promise<void>
  /** Says that the next one may begin. */
  readonly next: () => void
}

/**
 * Runs each work beside the end of the one before it: while a card is flushed to the disk, which takes no processor,
 * the next is copied. At most two run at a time. After a failure nothing more begins, and what has begun comes to its
 * end first.
 * @throws the first failure
 */
export async function staggered(all: readonly ((turn: Turn) => Promise<void>)[]): Promise<void> {
  let previous = Promise.resolve()
  const begun: Promise<void>[] = []
  try {
    for (const work of all) {
      const before = previous
      await Promise.race([
        new Promise<void>((next) => {
          previous = work({ previous: before, next })
          begun.push(previous)
        }),
        previous,
      ])
      await before
    }
    await previous
  } finally {
    await Promise.allSettled(begun)
  }
}
