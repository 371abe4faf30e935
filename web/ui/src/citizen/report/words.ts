// Names of steps, places and faults in the reader's language.
import { coordinates, number } from '../../lib/format'
import { locale } from '../../lib/locale.svelte'
import type { Unit } from '../../lib/types'
import { m } from '../messages'
import type { Draft, Place } from './draft'
import { near } from './places'
import { lengthOf, longest, shortest, type Fault, type Step } from './validate'

/** The short name of a step, for the progress line. */
export function stepName(step: Step): string {
  return { viec: m.step_what, noi: m.step_where, 'mo-ta': m.step_details, 'xem-lai': m.step_check }[step]()
}

/** What a fault says. */
export function faultText(fault: Fault, draft: Draft): string {
  if (fault === 'description_long') return m.description_long({ over: lengthOf(draft.description) - longest })
  if (fault === 'description_short') return m.description_short({ min: shortest })
  return m[fault]()
}

/** A commune's name: Khmer on Khmer pages when there is one. */
export const unitName = (u: Unit): string => (locale() === 'km' && u.nameKm ? u.nameKm : u.name)

/** A commune's name in the middle of a Vietnamese sentence: "xã", not "Xã". */
const amid = (name: string) => (locale() === 'vi' ? name.replace(/^(Xã|Phường|Thị trấn|Đặc khu) /, (rank) => rank.toLowerCase()) : name)

/** A place in two lines: what it is, and how exact. */
export function placeWords(place: Place, units: readonly Unit[]): [string, string] {
  if (place.kind === 'unit') {
    const unit = units.find((u) => u.code === place.unit)
    return [unit ? unitName(unit) : place.unit, m.place_unit_note()]
  }
  const unit = near(units, place.lon, place.lat)
  const where = coordinates(place.lon, place.lat, locale())
  const exact = place.accuracyM ? `, ${m.accuracy({ m: number(place.accuracyM, 0, locale()) })}` : ''
  return [unit ? m.place_near({ unit: amid(unitName(unit)) }) : m.place_point(), where + exact]
}

/** Megabytes with one decimal, never 0,0. */
export const megabytes = (bytes: number): string => number(Math.max(0.1, bytes / 1e6), 1, locale())
