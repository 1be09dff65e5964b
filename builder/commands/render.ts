import { UserError } from '../errors.js'
import type { NodeOptions } from '../load/command-line.js'
import { didYouMean } from '../load/nearest.js'
import { piecesOf } from '../model/content.js'
import type { Place } from '../model/place.js'
import { allEntries } from '../plan/plan-record.js'
import { planNodes } from '../resolve/node-plans.js'
import { commandLine, error } from '../model/problem.js'

export interface RenderOptions extends NodeOptions {
  readonly showSecrets?: boolean
}

/** `piimg render node3 root/etc/hosts`: one final file on stdout. */
export async function render(
  place: Place,
  hostname: string,
  path: string,
  options: RenderOptions,
): Promise<number> {
  const plans = await planNodes({ place, options: { ...options, hostname: [hostname] }, purpose: 'show' })
  plans.close()
  const entries = plans.nodes.flatMap(({ plan }) => allEntries(plan))
  const files = entries.filter((entry) => entry.kind === 'file')
  const found = files.find((entry) => `${entry.partition}${entry.path}` === path)
  if (found === undefined) {
    const names = files.map((entry) => `${entry.partition}${entry.path}`)
    const other = entries.find((entry) => `${entry.partition}${entry.path}` === path)
    if (other !== undefined) {
      const what = `${path} is no file in the plan of ${hostname}: its kind is ${other.kind}`
      throw new UserError([error(commandLine('PATH'), what, `piimg plan --node ${hostname} shows it`)])
    }
    const what = `the plan of ${hostname} has no file ${path}`
    throw new UserError([error(commandLine('PATH'), what, didYouMean(path, names))])
  }
  const content = options.showSecrets === true ? found.content : found.shown
  for (const piece of piecesOf(content)) process.stdout.write(piece)
  return 0
}
