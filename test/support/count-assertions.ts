import { afterEach, chai } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** How many assertions this test made, or another one that ran at the same time. */
    assertions?: number
  }
}

/**
 * Counts the assertions that are made: each call of a matcher (`toBe`, `toEqual`, …), for the table of scripts/test.
 * `expect.getState().assertionCalls` begins again with each test, so it misses those of concurrent tests.
 */
let made = 0

for (const name of Object.getOwnPropertyNames(chai.Assertion.prototype)) {
  if (!/^to[A-Z]/.test(name)) continue
  chai.Assertion.overwriteMethod(
    name,
    (matcher: (...args: unknown[]) => unknown) =>
      function (this: unknown, ...args: unknown[]) {
        made++
        return matcher.apply(this, args)
      },
  )
}

afterEach(({ task }) => {
  task.meta.assertions = made
  made = 0
})
