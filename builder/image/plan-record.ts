import { UserError } from '../errors.js'
import { type PlanRecord, planRecordPath } from '../model/plan-record.js'
import type { OpenImage } from './open-image.js'
import { error } from '../model/problem.js'

/** The record of what piimg wrote into an image; undefined if piimg did not build it. */
export function readRecord(image: OpenImage): PlanRecord | undefined {
  const content = image.root.readFile(planRecordPath)
  if (content === undefined) return undefined
  try {
    const record = JSON.parse(content.toString()) as PlanRecord
    if (Array.isArray(record.entries) && typeof record.hostname === 'string') return record
  } catch {
    // The message below is enough.
  }
  const where = { file: image.name, key: `root${planRecordPath}` }
  throw new UserError([error(where, 'this is not the plan that piimg wrote', 'build the card again')])
}
