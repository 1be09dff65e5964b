import { report, style } from '../host/report.js'
import { findTool, installCommand, type Tool, tools } from '../host/tools.js'
import type { Place } from '../model/place.js'
import { bundleTools } from '../packages/bundle.js'
import { loopState } from '../resolve/container.js'
import { rootlessProblem } from '../resolve/engine.js'
import { table } from '../host/show.js'

/** One of them is enough. The rootless engine needs none. */
const containerTools: readonly Tool[] = [tools.docker, tools.podman]

/** `piimg doctor`: what this computer can do, what is missing on it, and the command that installs that. */
export async function doctor(_: Place, { json }: { readonly json?: boolean }): Promise<number> {
  const rows = Object.values(tools).map((tool: Tool) => ({ tool, path: findTool(tool) }))
  const missing = rows.filter(({ path }) => path === undefined).map(({ tool }) => tool)
  const problem = await rootlessProblem()
  const loop = await loopState()
  const engines = [
    { name: 'rootless', ready: problem === '', what: problem === '' ? 'its programs are here' : problem },
    { name: 'loop', ready: loop.isReady, what: loop.what },
  ]
  const chosen = engines.find(({ ready }) => ready)
  if (json === true) {
    const found = rows.map(({ tool: { name, purpose }, path }) => ({ name, path: path ?? null, purpose }))
    report.result(JSON.stringify({ tools: found, engines, engine: chosen?.name ?? null }, undefined, 1))
  } else {
    report.result(table(rows.map(({ tool, path }) => [tool.name, path ?? 'missing', tool.purpose])))
    report.result('')
    report.result(
      table(engines.map(({ name, ready, what }) => [`engine ${name}`, ready ? 'ready' : 'no', what])),
    )
    const spare = [...containerTools, ...(loop.isReady ? bundleTools : [])]
    const wanted = missing.filter((tool) => !spare.includes(tool))
    if (wanted.length > 0) report.result(`\ninstall what is missing: ${installCommand(wanted)}`)
    if (chosen !== undefined)
      report.result(
        `\n${style('32', 'ready')}: piimg can build on this computer, with the engine ${chosen.name}`,
      )
  }
  return chosen === undefined ? 1 : 0
}
