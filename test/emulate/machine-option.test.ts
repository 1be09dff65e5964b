import { afterEach, expect, it, vi } from 'vitest'
import { runCommandLine } from '../../builder/cli.js'
import { UserError } from '../../builder/errors.js'
import { testPlace } from '../support/place.js'

const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
afterEach(() => stderr.mockClear())

const said = (): string => stderr.mock.calls.map(([text]) => String(text)).join('')

/** Runs `piimg emulate` up to its check of what was typed, which refuses this time limit. */
async function refused(...words: readonly string[]): Promise<void> {
  await expect(runCommandLine(testPlace, ['emulate', ...words, '--timeout', 'never'])).rejects.toThrow(
    UserError,
  )
}

it('--machine chooses what QEMU emulates', async () => {
  await refused('--machine', 'virt')
  expect(said()).toBe('')
})

it('--board still works, with a note', async () => {
  await refused('--board', 'pi3')
  expect(said()).toContain('--board is now called --machine')
})

it('not both', async () => {
  await expect(runCommandLine(testPlace, ['emulate', '--board', 'pi3', '--machine', 'virt'])).rejects.toThrow(
    '--board',
  )
})
