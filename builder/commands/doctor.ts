import { report, style } from '../host/report.js'
import { run } from '../host/run.js'
import { findTool, installCommand, type Tool, tools } from '../host/tools.js'
import { table } from './show.js'

/** Only for base images that are packed that way, for `piimg emulate` and for `--packages bundle`. */
const { xz, zstd, qemu, qemuImg, ssh, setpriv, aptGet, dpkgDeb } = tools
const optional: readonly Tool[] = [xz, zstd, qemu, qemuImg, ssh, setpriv, aptGet, dpkgDeb]
/** Older ones cannot write file systems of Trixie (orphan_file). */
const oldestE2fsprogs = [1, 47] as const

/** `piimg doctor`: what is missing on this computer and the command that installs it. */
export async function doctor({ json }: { readonly json?: boolean }): Promise<number> {
  const rows = Object.values(tools).map((tool) => ({ tool, path: findTool(tool) }))
  const missing = rows.filter(({ path }) => path === undefined).map(({ tool }) => tool)
  const needed = missing.filter((tool) => !optional.includes(tool))
  const old = needed.includes(tools.debugfs) ? undefined : await oldVersion()
  if (json === true) {
    const found = rows.map(({ tool, path }) => ({
      name: tool.name,
      path: path ?? null,
      purpose: tool.purpose,
    }))
    report.result(
      JSON.stringify({ tools: found, ...(old === undefined ? {} : { e2fsprogs: old }) }, undefined, 1),
    )
  } else {
    report.result(table(rows.map(({ tool, path }) => [tool.name, path ?? 'missing', tool.purpose])))
    if (old !== undefined) report.result(`e2fsprogs ${old} is too old: 1.47 or later is needed for Trixie`)
    if (missing.length > 0) report.result(`\ninstall what is missing: ${installCommand(missing)}`)
    else if (old === undefined) report.result(`\n${style('32', 'ready')}: piimg can build on this computer`)
  }
  return needed.length === 0 && old === undefined ? 0 : 1
}

/** The version of e2fsprogs if it is too old. */
async function oldVersion(): Promise<string | undefined> {
  const { stderr } = await run({ tool: tools.debugfs, args: ['-V'], step: 'ask debugfs for its version' })
  const [, version = '', major = '0', minor = '0'] = /debugfs ((\d+)\.(\d+)\S*)/.exec(stderr) ?? []
  const [wantedMajor, wantedMinor] = oldestE2fsprogs
  const isOld = Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor)
  return isOld ? version : undefined
}
