#!/usr/bin/env node
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompiledModules } from './compiled.js'

new CompiledModules(dirname(fileURLToPath(import.meta.url))).load('./program.cjs')
