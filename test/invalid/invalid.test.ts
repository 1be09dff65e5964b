import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { check, type CheckOptions } from '../../builder/commands/check.js'
import { report } from '../../builder/host/report.js'
import { packageRoot } from '../../builder/load/package-root.js'
import type { Problem } from '../../builder/model/problem.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import type { Release } from '../../scripts/practice/tree.js'
import { placeOf } from '../support/place.js'
import { problemText } from '../support/problem-text.js'

/** `options.json`: what `piimg check` is given; null means an option that is left out. */
interface Options {
  readonly profile?: string | null
  readonly hostname?: string[]
  readonly image?: string | null
  readonly engine?: string
  readonly packagesFrom?: string
  readonly set?: string[]
  readonly setFile?: string[]
  readonly release?: Release
}

const folder = import.meta.dirname
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

let images = ''
beforeAll(() => {
  images = mkdtempSync(join(tmpdir(), 'piimg-invalid-'))
  vi.stubEnv('PIIMG_IMAGE', '')
})
afterAll(() => rmSync(images, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

/** A practice image, made when the first case asks for it. */
async function imageOf(release: Release): Promise<string> {
  const image = join(images, `${release}.img`)
  if (!existsSync(image)) await makePracticeImage(release, image)
  return image
}

async function optionsOf(name: string): Promise<CheckOptions> {
  const file = join(folder, name, 'options.json')
  if (!existsSync(file)) return {}
  const {
    profile,
    image,
    release = 'bookworm',
    ...others
  } = JSON.parse(readFileSync(file, 'utf8')) as Options
  const base = image === undefined || image === 'base.img' ? await imageOf(release) : image
  return { ...others, ...(profile == null ? {} : { profile }), ...(base === null ? {} : { image: base }) }
}

/** What `piimg check` says in the folder of a case, and its exit code. */
async function checked(name: string): Promise<string> {
  const options = await optionsOf(name)
  let output = ''
  vi.spyOn(report, 'result').mockImplementation((text) => void (output += text))
  const exitCode = await check(placeOf(join(folder, name), { home: images }), { ...options, json: true })
  const lines = problemText(JSON.parse(output) as Problem[], join(folder, name))
  const text = `${[...lines, `exit code ${exitCode}`].join('\n')}\n`
  return withoutOwnLines(text.replaceAll(`${images}/`, ''))
}

/** Lines of piimg's own overlays move with every change there. */
function withoutOwnLines(text: string): string {
  const [before = '', ...parts] = text.split(`${packageRoot()}/`)
  return before + parts.map((part) => part.replace(/^([^:\s]+):\d+/, '$1')).join('')
}

describe('piimg check says what is wrong with', () => {
  it.each(names)('%s', async (name) => {
    const said = await checked(name)
    const file = join(folder, name, 'expected.txt')
    if (expect.getState().snapshotState.snapshotUpdateState === 'all') writeFileSync(file, said)
    expect(said).toBe(readFileSync(file, 'utf8'))
  })
})
