import { setTimeout } from 'node:timers/promises'
import { openImage } from '../builder/image/open-image.js'
import { readBaseFiles } from '../builder/image/base-files.js'
import { readFacts } from '../builder/image/facts.js'
import { checkEffects } from '../builder/effects/check-effects.js'
import { planNode } from '../builder/plan/plan-node.js'
import { prepareNode, wantedPaths } from '../builder/plan/prepare.js'
import { nodeInput } from '../test/support/node.js'

/**
 * Prints the processor time of the effects of a base image that was just opened, in milliseconds: that of the first one,
 * which is a fresh process's, and the median of those that follow. Run by `scripts/bench`.
 */
const [file = '', runs = '1'] = process.argv.slice(2)
const first = await effectsOf(file, 200)
const warm: number[] = []
for (let run = 1; run < Number(runs); run++) warm.push(await effectsOf(file, 0))
const middle = warm.sort((one, other) => one - other)[Math.floor(warm.length / 2)] ?? first
console.log(JSON.stringify({ first, warm: middle }))

/** @param pause milliseconds in which V8's own threads end what the plan has given them to do; their time counts, too */
async function effectsOf(path: string, pause: number): Promise<number> {
  const image = openImage(path)
  const facts = readFacts(image)
  const { input } = nodeInput({ base: { image, facts, root: image.root } })
  const prepared = prepareNode(input)
  const { plan } = planNode(input, prepared, readBaseFiles(image, wantedPaths(input, prepared)))
  await setTimeout(pause)
  const before = process.cpuUsage()
  checkEffects(image, facts, plan)
  const { user, system } = process.cpuUsage(before)
  image.close()
  return (user + system) / 1000
}
