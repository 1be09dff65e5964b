import { afterAll, vi } from 'vitest'
import { configureHost } from '../../builder/host/here.js'
import { report } from '../../builder/host/report.js'
import { testPlace } from './place.js'

configureHost(testPlace)
// The next file may run in the same process.
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  report.configure({ quiet: false, verbose: false })
})
