// Prints "PASSED FAILED SKIPPED ASSERTIONS" of a vitest JSON report, for the table of scripts/test.
import { readFileSync } from 'node:fs'

interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      /** `assertions`: of test/support/count-assertions.ts. */
      readonly meta?: { readonly assertions?: number }
    }[]
  }[]
}

const { testResults } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report
const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
const count = (...states: string[]) => tests.filter(({ status }) => states.includes(status)).length
// A file that could not even be loaded has no tests to fail.
const broken = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
const assertions = tests.reduce((sum, { meta }) => sum + (meta?.assertions ?? 0), 0)
console.log(count('passed'), count('failed') + broken.length, count('pending', 'skipped', 'todo'), assertions)
