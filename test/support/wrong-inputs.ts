import { expect, it } from 'vitest'
import { type Call, type Desk, give, listing, newDesk, piimg } from './cli.js'
import { piimgInProcess } from './in-process.js'

/** An input that piimg must refuse, and how. */
export interface WrongInput {
  readonly name: string
  /** `BASE` means a good base image. If not given: builds node3 with `extra`. */
  readonly words?: readonly string[]
  readonly extra?: readonly string[]
  readonly files?: Readonly<Record<string, string | Buffer>>
  readonly env?: Call['env']
  /** 2 if not given. */
  readonly exitCode?: number
  /** What stderr must hold: what, where, and what to do. */
  readonly says: readonly (string | RegExp)[]
  /** Does the rest to the desk. */
  arrange?(desk: Desk): unknown
  /** Runs the compiled program as an ordinary user: for rights, and for what a fault would make it wait for. */
  readonly spawned?: true
  /** Why it cannot be tried here; empty if it can. */
  readonly skip?: string
}

const build = ['build', '--profile', 'worker', '--hostname', 'node3', '--image', 'BASE']

/** One test for each wrong input: the right message, and nothing changed anywhere. */
export function testWrongInputs(cases: readonly WrongInput[], base: () => Promise<string>): void {
  it.each(cases)('refuses $name', async (wrong) => {
    if (wrong.skip !== undefined && wrong.skip !== '') {
      console.warn(`skipped: ${wrong.name}: ${wrong.skip}`)
      return
    }
    const desk = newDesk(wrong.files)
    await wrong.arrange?.(desk)
    give(desk.folder)
    const image = await base()
    const before = everything(desk)
    const words = [...(wrong.words ?? build), ...(wrong.extra ?? [])].map((word) =>
      word === 'BASE' ? image : word,
    )
    const run = wrong.spawned === true ? piimg : piimgInProcess
    const { stdout, stderr, exitCode } = await run(desk, words, { env: wrong.env ?? {} })
    if (process.env['PIIMG_SHOW'] !== undefined)
      console.log(`--- ${wrong.name}: ${exitCode ?? 'killed'}\n${stderr}`)
    expect(stderr).not.toMatch(/^ {4}at |piimg itself|\[object |undefined|Error: /m)
    for (const text of wrong.says) {
      if (typeof text === 'string') expect(stderr).toContain(text)
      else expect(stderr).toMatch(text)
    }
    expect(exitCode, stderr).toBe(wrong.exitCode ?? 2)
    expect(stdout).toBe('')
    const comparable = wrong.exitCode === 1 ? withoutFolderTimes : (lines: string[]) => lines
    expect(comparable(everything(desk))).toEqual(comparable(before))
  })
}

/** All that is on the desk; in the cache only the folder for unpacked images may be new, and it is empty. */
function everything(desk: Desk): string[] {
  return Object.values(desk).flatMap((folder: string) =>
    listing(folder).filter((line) => folder !== desk.cache || !/^base \d+ /.test(line)),
  )
}

/** A step that failed had a work folder, and took it away again. */
function withoutFolderTimes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^(.* 4\d+ \d+:\d+) .*/, '$1'))
}
