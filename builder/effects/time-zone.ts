import { type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import { contradiction, environment } from './environment.js'
import type { FinishedNode } from './finished-node.js'

/**
 * The node has the time zone that was asked for. In this order: TZ (tzset(3)), from the files that `environment` lists, a
 * later one counting; /etc/localtime (localtime(5)), a link or a copy, which the overlay locale writes. /etc/timezone is
 * a copy of the name for other programs; an update of tzdata before Bookworm takes the zone from there, so without a wish
 * the two have to agree.
 */
export const timeZone: Effect = (node) => {
  const wanted = node.plan.values.get('timezone')?.value
  if (typeof wanted !== 'string') return twoZones(node)
  const last = environment(node).findLast(({ name, value }) => name === 'TZ' && value !== '')
  if (last === undefined || zoneOf(last.value) === wanted) return []
  return [contradiction(last, `TZ=${last.value} counts, not ${wanted}`, 'remove TZ from the base image')]
}

/** Without a wanted zone, the base image's counts: it has to be one. */
function twoZones({ root }: FinishedNode): Problem[] {
  const link = root.findLink('/etc/localtime')
  const name = root.text('/etc/timezone')?.trim()
  if (name === undefined || name === '' || link?.kind !== 'symlink') return []
  const zone = zoneOf(link.target ?? '')
  const isSame = zone === name || root.find(`${zones}${name}`)?.path === root.find('/etc/localtime')?.path
  if (isSame) return []
  const what = `it says ${name}, but /etc/localtime is ${zone}, which counts for most programs`
  return [warning(root.place('/etc/timezone'), what, 'set timezone in cluster.ini')]
}

const zones = '/usr/share/zoneinfo/'

/** TZ=:Europe/Prague, and a link such as ../usr/share/zoneinfo/Europe/Prague. */
function zoneOf(text: string): string {
  return text.replace(/^:/, '').replace(/^.*\/zoneinfo\/(posix\/|right\/)?/, '')
}
