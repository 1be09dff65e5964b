#!/usr/bin/env node
import { runCommandLine } from './cli.js'
import { interruption, listenForSignals } from './host/interrupt.js'
import { reportError } from './report-error.js'

listenForSignals()
// `piimg diff A B | head` ends when head has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
try {
  process.exitCode = await runCommandLine(process.argv.slice(2))
} catch (error) {
  process.exitCode = reportError(interruption.aborted ? interruption.reason : error)
}
