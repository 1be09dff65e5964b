import { UserError } from '../errors.js'
import type { Problem } from '../model/problem.js'

/** All problems that a run finds, each once, to be reported together. */
export class CollectedProblems {
  readonly #all = new Map<string, Problem>()

  add(problems: readonly Problem[]): void {
    for (const problem of problems) {
      const { severity, where, what } = problem
      const key = JSON.stringify([severity, where, what])
      // Two nodes may give different hints; one is enough.
      if (!this.#all.has(key)) this.#all.set(key, problem)
    }
  }

  /** The result, or undefined after its problems were collected. */
  async collect<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.add(error.problems)
      return undefined
    }
  }

  all(): Problem[] {
    return [...this.#all.values()]
  }

  hasErrors(): boolean {
    return [...this.#all.values()].some(({ severity }) => severity === 'error')
  }

  warnings(): Problem[] {
    return [...this.#all.values()].filter(({ severity }) => severity === 'warning')
  }

  /** @throws {UserError} where there is an error among them */
  throwErrors(): void {
    if (this.hasErrors()) throw this.error()
  }

  error(): UserError {
    return new UserError(this.all())
  }
}
