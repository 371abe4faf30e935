// Readings of one datastream: what is drawn, what is marked. Pure.
import type { Point } from './plot'
import type { Reading } from './contract'

/** Names a person may give a reading, the doubtful first. "deleted" has its own button. */
export const personFlags = ['suspect', 'out_of_range', 'stuck', 'jump', 'clock_wrong', 'rejected'] as const

export const flagsOf = (r: Reading): string[] => (r.flags ?? []).map((f) => f.flag).filter((f) => f !== 'deleted')

/** The tombstone of a deleted reading: who, when, why. */
export const tombstone = (r: Reading) => (r.deleted ? r.flags?.findLast((f) => f.flag === 'deleted') : undefined)

/** What the chart draws: everything that is not deleted, oldest first. */
export function drawn(readings: readonly Reading[]): Point[] {
  return readings.filter((r) => !r.deleted).map((r) => ({ t: Date.parse(r.time), v: r.result })).sort((a, b) => a.t - b.t)
}

export interface Mark extends Point {
  shape: 'ring' | 'cross' // ring: flagged; cross: another value for the same instant
}

/** Rings around flagged readings, crosses at the values that lost. */
export function marks(readings: readonly Reading[]): Mark[] {
  return readings.filter((r) => !r.deleted).flatMap((r) => {
    const t = Date.parse(r.time)
    const rings: Mark[] = flagsOf(r).length ? [{ t, v: r.result, shape: 'ring' }] : []
    return [...rings, ...(r.conflicts ?? []).map((c): Mark => ({ t, v: c.result, shape: 'cross' }))]
  })
}

/** The list with one reading replaced by what the server now says of it. */
export const replaced = (readings: readonly Reading[], next: Reading): Reading[] =>
  readings.map((r) => (r.time === next.time ? next : r))

/** What the list shows, by the readings a person wants to see. */
export const wanted = ['all', 'flagged', 'conflict', 'deleted'] as const
export type Wanted = (typeof wanted)[number]

export function matches(r: Reading, w: Wanted): boolean {
  if (w === 'flagged') return flagsOf(r).length > 0
  if (w === 'conflict') return (r.conflicts?.length ?? 0) > 0
  return w === 'deleted' ? r.deleted : true
}
