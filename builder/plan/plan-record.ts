import type { BootEntry, Entry, Plan, RootEntry } from '../model/plan.js'
import { entryRecord, type PlanRecord, planRecordPath } from '../model/plan-record.js'
import { plain } from '../model/value.js'
import { LazyContent } from './lazy-content.js'
import type { PlanInput } from './prepare.js'

const origins = [{ file: 'piimg' }]

/** The plan's own file in the image: what was written, without the bytes and without secrets. */
export function fileRecord(input: PlanInput, plan: Plan): RootEntry {
  const content = new LazyContent(() =>
    Buffer.from(`${JSON.stringify(recordOf(input, plan), undefined, 1)}\n`),
  )
  return {
    kind: 'file',
    path: planRecordPath,
    mode: 0o600,
    owner: { uid: 0, gid: 0 },
    content,
    shown: content,
    origins,
  }
}

export function allEntries(plan: Plan): Entry[] {
  const boot = plan.boot.map((entry: BootEntry): Entry => ({ ...entry, partition: 'boot' }))
  return [...boot, ...plan.root.map((entry: RootEntry): Entry => ({ ...entry, partition: 'root' }))]
}

function recordOf(input: PlanInput, plan: Plan): PlanRecord {
  const { release, distribution, architecture, diskSignature, imageDate } = input.facts
  const values = [...plan.shownValues].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    piimg: input.version,
    hostname: plan.hostname,
    profile: plan.profile,
    role: input.role,
    builtAt: plan.builtAt,
    base: {
      release,
      distribution,
      architecture,
      diskSignature,
      ...(imageDate === undefined ? {} : { imageDate }),
    },
    values: Object.fromEntries(values.map(([name, { value }]) => [name, plain(value)])),
    entries: allEntries(plan).map(entryRecord),
  }
}
