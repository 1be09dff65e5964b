import { afterEach, expect, test, vi } from 'vitest'
import { findLibrary } from '../../builder/load/library.js'
import { packageRoot } from '../../builder/load/package-root.js'
import type { Precompiled } from '../../builder/plan/precompiled.js'
import { precompiledModule } from '../../scripts/precompile.js'

const overlays = findLibrary(packageRoot())
  .everyOverlay()
  .map(({ overlay }) => overlay)

async function bundled(): Promise<ReadonlyMap<string, Precompiled>> {
  const url = `data:text/javascript,${encodeURIComponent(precompiledModule())}`
  return ((await import(/* @vite-ignore */ url)) as { precompiled: ReadonlyMap<string, Precompiled> })
    .precompiled
}

/** What is said of each overlay where no name is declared, and every template with all names empty. */
async function outcome(precompiled: ReadonlyMap<string, Precompiled>) {
  vi.resetModules()
  vi.doMock('../../builder/plan/precompiled.js', () => ({ precompiled }))
  const { checkOverlay, templatesOf } = await import('../../builder/plan/check-overlay.js')
  const { namesIn } = await import('../../builder/plan/parse-template.js')
  const { render } = await import('../../builder/plan/template.js')
  return overlays.flatMap((overlay) => [
    ...checkOverlay({ ...overlay, variables: [] }, []).map((problem) => JSON.stringify(problem)),
    ...templatesOf(overlay).map((template) => {
      const data = Object.fromEntries(namesIn(template.text).map((name) => [name, [`of ${name}`]]))
      try {
        return render(template, data)
      } catch (error) {
        return String(error)
      }
    }),
  ])
}

afterEach(() => {
  vi.doUnmock('../../builder/plan/precompiled.js')
  vi.resetModules()
})

test('templates that were compiled with the program are checked and rendered as their texts are', async () => {
  const precompiled = await bundled()
  expect(precompiled.size).toBeGreaterThan(50)
  const [compiled, read] = [await outcome(precompiled), await outcome(new Map())]
  expect(read.some((each) => each.includes('undeclared variable'))).toBe(true)
  expect(compiled).toEqual(read)
})
