import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CompiledModules } from '../builder/compiled.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  writeFileSync(
    join(folder, 'program.cjs'),
    "const a = require('./a.cjs'); exports.found = a.name(); exports.again = require('./a.cjs') === a",
  )
  writeFileSync(
    join(folder, 'a.cjs'),
    "const { basename } = require('node:path'); exports.name = () => basename(__filename)",
  )
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('modules are loaded once, and find each other and those of Node', () => {
  expect(new CompiledModules(folder).load('./program.cjs')).toEqual({ found: 'a.cjs', again: true })
  expect(existsSync(join(folder, 'a.cjs.compiled'))).toBe(false)
})

test('what V8 has compiled is kept beside each module, and not used for another program', () => {
  const first = new CompiledModules(folder)
  first.load('./program.cjs')
  first.save()
  expect(existsSync(join(folder, 'a.cjs.compiled'))).toBe(true)
  expect(new CompiledModules(folder).load('./program.cjs')).toEqual({ found: 'a.cjs', again: true })
  writeFileSync(join(folder, 'a.cjs'), "exports.name = () => 'changed'")
  expect(new CompiledModules(folder).load('./program.cjs')).toEqual({ found: 'changed', again: true })
})
