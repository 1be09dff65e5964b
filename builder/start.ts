#!/usr/bin/env node
import { CompiledProgram } from './compiled.js'

new CompiledProgram(`${import.meta.dirname}/program.cjs`).load('./program.cjs')
