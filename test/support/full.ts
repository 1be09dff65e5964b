/** Whether the tests that take long run too: `scripts/test --full`. */
export const isFull = process.env['PIIMG_FULL'] === '1'

/** Where random tests begin: another place each time, said in their names, or given. */
export const seed = Number(process.env['PIIMG_SEED'] ?? Date.now() % 1_000_000)
