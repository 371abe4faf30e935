// What a report needs before it is sent, and which question a refusal belongs to.
import type { Unit } from '../../lib/types'
import type { Draft } from './draft'
import { mayBeInside } from './places'

/** Longest description, in characters. The server has the same limit. */
export const longest = 2000

/** Shortest description, in characters; the server's too. */
export const shortest = 10

/** The questions, in order; also the hash in the address. */
export const steps = ['viec', 'noi', 'mo-ta', 'xem-lai'] as const
export type Step = (typeof steps)[number]

export type Fault = 'need_category' | 'need_place' | 'outside' | 'need_description' | 'description_short' | 'description_long'

/** What is wrong with the answer of one step, or null. */
export function faultIn(step: Step, draft: Draft, units: readonly Unit[]): Fault | null {
  if (step === 'viec') return draft.category ? null : 'need_category'
  if (step === 'noi') return placeFault(draft, units)
  if (step === 'mo-ta') return descriptionFault(draft.description)
  return null
}

/** The first step whose answer is missing or wrong, else the last step. */
export function furthest(draft: Draft, units: readonly Unit[]): Step {
  return steps.find((s) => faultIn(s, draft, units)) ?? 'xem-lai'
}

/** The step that asks for a field of the API. */
export function stepOf(field: string): Step {
  if (field === 'category') return 'viec'
  if (['lon', 'lat', 'unit', 'location', 'place'].includes(field)) return 'noi'
  return ['description', 'photo'].includes(field) ? 'mo-ta' : 'xem-lai'
}

function placeFault({ place }: Draft, units: readonly Unit[]): Fault | null {
  if (!place) return 'need_place'
  if (place.kind === 'unit' || units.length === 0) return null
  return mayBeInside(units, place.lon, place.lat) ? null : 'outside'
}

function descriptionFault(description: string): Fault | null {
  if (description.trim() === '') return 'need_description'
  if (lengthOf(description) < shortest) return 'description_short'
  return lengthOf(description) > longest ? 'description_long' : null
}

/** Characters as the server counts them: code points of the trimmed text. */
export const lengthOf = (text: string): number => [...text.trim()].length
