import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CompiledProgram } from '../builder/compiled.js'
import { makePracticeImage } from './practice/image.js'

// Plans a small cluster with the bundle, and keeps what V8 compiled for it: that takes longer than the plan itself.
const program = new CompiledProgram(resolve('dist/piimg/program.cjs'))
const folder = mkdtempSync(join(tmpdir(), 'piimg-warm-up-'))
process.on('exit', (code) => {
  rmSync(folder, { recursive: true })
  program.save()
  // Without a base image there is a problem to report.
  if (code === 2) process.exitCode = 0
})
const image = join(folder, 'base.img')
const hasImage = await makePracticeImage('trixie', image).then(
  () => true,
  // Without e2fsprogs and mtools.
  () => false,
)
writeFileSync(join(folder, 'cluster.ini'), '[master]\nuplink = eth1\n\n[node2]\n')
process.chdir(folder)
process.argv.splice(2, Infinity, ...(hasImage ? ['plan', '--image', image] : ['check']))
program.load('./program.cjs')
