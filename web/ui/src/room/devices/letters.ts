// How dead letters are asked for, and what mends which. Pure.
import type { DeadLetter, LetterState } from './contract'

export interface LetterFilter {
  reason: string
  thing: string
  text: string
  since: string // datetime-local, Việt Nam's clock; empty: no limit
  until: string
  state: LetterState
}

export const noFilter: LetterFilter = { reason: '', thing: '', text: '', since: '', until: '', state: 'open' }

const instant = (local: string) => (local ? `${local}:00+07:00` : '')

/** The request for one page of letters older than `before`. */
export function lettersPath(f: LetterFilter, limit: number, before = 0): string {
  const query = new URLSearchParams({ limit: String(limit), state: f.state })
  const set = (key: string, value: string) => value && query.set(key, value)
  set('reason', f.reason)
  set('thing', f.thing.trim())
  set('text', f.text.trim())
  set('since', instant(f.since))
  set('until', instant(f.until))
  if (before) query.set('before', String(before))
  return `/dead-letters?${query}`
}

export type Mend = 'property' | 'device' | 'clock' | 'sender' | 'again'

const mends: Record<string, Mend> = {
  unknown_property: 'property', unknown_thing: 'device', bad_time: 'clock', future: 'clock', clock_wrong: 'clock', database: 'again', rate: 'again',
}

/** Who can mend it: the registry here, the device, its clock, or nobody but time. */
export const mendOf = (reason: string): Mend => mends[reason] ?? 'sender'

export const isOpen = (l: DeadLetter): boolean => l.resolvedAt === null

/** Sets of at most n, in order. */
export function chunks<T>(list: readonly T[], n: number): T[][] {
  const out: T[][] = []
  for (let i = 0; i < list.length; i += n) out.push(list.slice(i, i + n))
  return out
}
