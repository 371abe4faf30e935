// Which devices the table shows and in what order. Pure.
import { plain } from '../stations'
import { received, type DeviceAccount } from './contract'

export const filters = ['all', 'gaps', 'dead', 'conflict', 'refused', 'silent', 'cut'] as const
export type DeviceFilter = (typeof filters)[number]

export const sortKeys = ['name', 'last', 'received', 'stored', 'duplicate', 'conflict', 'dead', 'missing', 'refusals'] as const
export type SortKey = (typeof sortKeys)[number]

const silentAfter = 12 // intervals, as on the map
const staleAfter = 3

/** No word for twelve of its intervals, or three when it has signed off. */
export function isSilent(d: DeviceAccount, intervalS: number, now: number): boolean {
  if (!d.lastReceived) return true
  const missed = (now - Date.parse(d.lastReceived)) / 1000 / Math.max(intervalS, 10)
  return missed > silentAfter || (d.online === false && missed > staleAfter)
}

export const isCut = (d: DeviceAccount, now: number): boolean => d.cutUntil !== null && Date.parse(d.cutUntil) > now

/** Tests of the filters; intervalS says how often a kind of device speaks. */
export function tests(now: number, intervalS: (type: string) => number): Record<DeviceFilter, (d: DeviceAccount) => boolean> {
  return {
    all: () => true,
    gaps: (d) => d.seqMissing > 0,
    dead: (d) => d.dead > 0,
    conflict: (d) => d.conflict > 0,
    refused: (d) => d.refusals > 0,
    silent: (d) => isSilent(d, intervalS(d.type), now),
    cut: (d) => isCut(d, now),
  }
}

const keyOf: Record<Exclude<SortKey, 'name'>, (d: DeviceAccount) => number> = {
  last: (d) => (d.lastReceived ? Date.parse(d.lastReceived) : 0),
  received,
  stored: (d) => d.stored,
  duplicate: (d) => d.duplicate,
  conflict: (d) => d.conflict,
  dead: (d) => d.dead,
  missing: (d) => d.seqMissing,
  refusals: (d) => d.refusals,
}

const collator = new Intl.Collator('vi', { numeric: true })

/** A sorted copy; equal figures keep the order of names. */
export function sortDevices(list: readonly DeviceAccount[], key: SortKey, down: boolean): DeviceAccount[] {
  const byName = (a: DeviceAccount, b: DeviceAccount) => collator.compare(a.name, b.name) || collator.compare(a.thing, b.thing)
  const sign = down ? -1 : 1
  if (key === 'name') return list.toSorted((a, b) => sign * byName(a, b))
  const figure = keyOf[key]
  return list.toSorted((a, b) => sign * (figure(a) - figure(b)) || byName(a, b))
}

/** Devices whose name or code holds the words, marks or not. */
export function search(list: readonly DeviceAccount[], words: string): readonly DeviceAccount[] {
  const wanted = plain(words.trim())
  return wanted ? list.filter((d) => plain(`${d.name} ${d.thing}`).includes(wanted)) : list
}
