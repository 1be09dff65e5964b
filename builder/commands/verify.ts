import { realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkFileSystems, checkTools } from '../apply/fsck.js'
import { readBack } from '../apply/read-back.js'
import { checkEffects } from '../effects/check-effects.js'
import { StepError, UserError } from '../errors.js'
import { report } from '../host/report.js'
import { reportWarnings } from '../host/show.js'
import { withWorkFolder } from '../host/work-folder.js'
import { withImage } from '../image/open-image.js'
import { readRecord } from '../image/plan-record.js'
import type { Place } from '../model/place.js'
import { nodeOfCard } from '../resolve/card-node.js'
import { runnerOf } from '../resolve/runner.js'
import { unpackedImage } from '../resolve/unpacked-image.js'
import { error } from '../model/problem.js'

/** `piimg verify IMAGE`: compares the image with its plan, checks both file systems, and what the card will do. */
export async function verify(_: Place, path: string, { json }: { readonly json?: boolean }): Promise<number> {
  const file = await unpackedImage(path)
  return await withImage(file, path, async (image) => {
    const record = readRecord(image)
    if (record === undefined) {
      const what = 'piimg did not write this image, so there is no plan to compare it with'
      throw new UserError([error({ file: path }, what, 'piimg inspect shows what it is')])
    }
    // The plan itself is one of the files, too.
    const count = record.entries.length + 1
    const wrong = readBack(image, record.entries)
    await withWorkFolder(tmpdir(), async (folder) => {
      symlinkSync(realpathSync(file), join(folder, 'card.img'))
      const run = await runnerOf(checkTools, 'check file systems')
      await checkFileSystems(image, folder, 'card.img', run)
    })
    const { base, facts, plan } = nodeOfCard(image, record)
    const problems = wrong.length > 0 ? [] : checkEffects(base, facts, plan)
    if (json === true)
      report.result(JSON.stringify({ image: path, entries: count, differences: wrong, problems }))
    if (wrong.length > 0) throw new StepError({ step: `verify ${path}`, reason: wrong.join('\n') })
    if (problems.some(({ severity }) => severity === 'error')) throw new UserError(problems)
    reportWarnings(problems)
    if (json !== true) {
      report.result(
        `${path}: ${record.profile} ${record.hostname}; ${count} files as planned, both file systems clean`,
      )
    }
    return 0
  })
}
