import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { findTool, tools } from '../../builder/host/tools.js'
import { newFolder } from '../support/cli.js'
import { bootableImage } from '../support/images.js'

/** The bootable arm64 image, or the reason why nothing can be booted here. */
export function qemuBase(): { readonly base: string; readonly reason?: string } {
  const { file, reason } = bootableImage()
  if (file === undefined) return { base: '', reason }
  const missing = [tools.qemu, tools.qemuImg, tools.ssh].find((tool) => findTool(tool) === undefined)
  return missing === undefined ? { base: file } : { base: file, reason: `${missing.name} is not installed` }
}

/** Tests that boot guests; where none can be, one skipped test says why. */
export function describeBooted(name: string, tests: () => void): void {
  const { reason } = qemuBase()
  if (reason === undefined) describe(name, tests)
  else it(name, (context) => context.skip(reason))
}

/** Like a worker, but nothing is to be installed. */
export const plainProfile = `[profile]
summary = a worker without packages
overlays = hostname network wifi user ssh no-wizard locale boot-options first-boot
`

/**
 * A folder with a QEMU in it that only talks, and then runs until piimg ends it or has ended.
 * @param says a shell script; its arguments are those that piimg gives to QEMU
 */
export function talkingQemu(says: string): string {
  const bin = newFolder()
  const program = join(bin, 'qemu-system-aarch64')
  writeFileSync(program, `#!/bin/sh\n${says}\nwhile read -r _; do :; done\n`)
  chmodSync(program, 0o755)
  return bin
}
