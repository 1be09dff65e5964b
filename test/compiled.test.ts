import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CompiledProgram } from '../builder/compiled.js'

let folder: string
let file: string
const main = "const a = require('./a.js'); exports.found = a.name(); exports.again = require('./a.js') === a"
const other = "const { basename } = require('node:path'); exports.name = () => basename(__dirname)"

function writeProgram(a: string): void {
  const module = (code: string) => `(exports, require, module, __dirname) { ${code} }`
  writeFileSync(file, `({ './program.cjs'${module(main)}, './a.js'${module(a)} })`)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  file = join(folder, 'program.cjs')
  writeProgram(other)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('modules are loaded once, and find each other and those of Node', () => {
  expect(new CompiledProgram(file).load('./program.cjs')).toEqual({ found: basename(folder), again: true })
  expect(existsSync(`${file}.compiled`)).toBe(false)
})

test('what V8 has compiled is kept beside the program, and not used for another one', () => {
  const first = new CompiledProgram(file)
  first.load('./program.cjs')
  first.save()
  expect(existsSync(`${file}.compiled`)).toBe(true)
  expect(new CompiledProgram(file).load('./program.cjs')).toEqual({ found: basename(folder), again: true })
  writeProgram("exports.name = () => 'changed'")
  expect(new CompiledProgram(file).load('./program.cjs')).toEqual({ found: 'changed', again: true })
})
