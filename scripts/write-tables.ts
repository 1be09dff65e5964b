import { readFileSync, writeFileSync } from 'node:fs'
import { documents, withTables } from './tables.js'

for (const file of documents) writeFileSync(file, withTables(readFileSync(file, 'utf8')))
