import { homedir } from 'node:os'
import { runCommandLine } from './cli.js'
import { configureHost } from './host/here.js'
import { interruption, listenForSignals } from './host/interrupt.js'
import type { Place } from './model/place.js'
import { reportError } from './report-error.js'

/** Looked up when it is needed: a folder that was removed is no reason not to print the help. */
const place: Place = {
  get folder() {
    return process.cwd()
  },
  environment: process.env,
  get home() {
    return homedir()
  },
}

configureHost(place)
listenForSignals()
// `piimg diff A B | head` ends when head has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
void runCommandLine(place, process.argv.slice(2))
  .catch((error: unknown) => reportError(interruption.aborted ? interruption.reason : error))
  .then((exitCode) => {
    process.exitCode = exitCode
  })
