// Order and counts of alarms (design language, section 3). Pure.
import type { Alarm } from '../lib/types'

export const priorities = [1, 2, 3, 4] as const

/** Nobody has taken it: active, or already returned to normal. */
export const untaken = (a: Alarm): boolean => a.state === 'unacked' || a.state === 'rtn_unack'

/** Untaken first, by priority then the newest; then taken ones, by the same. */
export function sortAlarms(alarms: Iterable<Alarm>): Alarm[] {
  return [...alarms].sort(
    (a, b) =>
      Number(untaken(b)) - Number(untaken(a)) ||
      a.priority - b.priority ||
      Date.parse(b.raisedAt) - Date.parse(a.raisedAt) ||
      b.id - a.id,
  )
}

export interface Count {
  priority: number
  untaken: number
  standing: number
}

/** Untaken and standing, per priority 1 to 4. */
export function countAlarms(alarms: Iterable<Alarm>): Count[] {
  const counts = priorities.map((priority) => ({ priority, untaken: 0, standing: 0 }))
  for (const alarm of alarms) {
    const count = counts[alarm.priority - 1]
    if (!count) continue
    count.standing++
    if (untaken(alarm)) count.untaken++
  }
  return counts
}

/** The first alarm of the order, or undefined. */
export const highest = (alarms: Iterable<Alarm>): Alarm | undefined => sortAlarms(alarms)[0]

const floodCount = 10
const floodMs = 10 * 60_000

/** More than ten alarms raised within ten minutes: the list then folds. */
export function isFlood(alarms: Iterable<Alarm>, now: number): boolean {
  let recent = 0
  for (const a of alarms) if (now - Date.parse(a.raisedAt) < floodMs) recent++
  return recent > floodCount
}

export interface Group {
  key: string
  alarms: Alarm[]
}

/** Folds a sorted list by sector and kind of cause; groups keep the order of their first alarm. */
export function groupAlarms(sorted: readonly Alarm[]): Group[] {
  const groups = new Map<string, Alarm[]>()
  for (const alarm of sorted) {
    const key = `${untaken(alarm) ? alarm.priority : 'taken'}/${alarm.sector}/${alarm.cause.split('/')[0]}`
    const group = groups.get(key)
    if (group) group.push(alarm)
    else groups.set(key, [alarm])
  }
  return [...groups].map(([key, list]) => ({ key, alarms: list }))
}
