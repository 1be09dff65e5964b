import type { Problem } from './model/problem.js'

/** The input is wrong: every problem that was found, at once. Exit code 2. */
export class UserError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ what }) => what).join('\n'))
    this.name = 'UserError'
    this.problems = problems
  }
}

export interface StepFailure {
  /** What piimg was doing, e.g. `write the root partition of node3.img`. */
  readonly step: string
  /** The reason, in one sentence. */
  readonly reason: string
  readonly hint?: string
  /** The failing command as a person could type it; never holds a secret. */
  readonly replay?: string
}

/** A step failed although the input was right: a tool, the disk, the machine. Exit code 1. */
export class StepError extends Error {
  readonly failure: StepFailure

  constructor(failure: StepFailure, options?: ErrorOptions) {
    super(`could not ${failure.step}: ${failure.reason}`, options)
    this.name = 'StepError'
    this.failure = failure
  }
}

/** SIGINT or SIGTERM arrived. Exit code 130. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`)
    this.signal = signal
    this.name = 'Interrupted'
  }
}
