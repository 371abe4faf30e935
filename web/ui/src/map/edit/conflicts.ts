// Conflicts as the second person settles them: each field has what it was, what the
// other made of it and what is mine. Nothing is settled by itself. Pure.
import type { Conflict, EditView } from './contract'

export type Side = 'mine' | 'theirs'
export type Choices = Readonly<Record<string, Side>>

export const whole = '*'

/** The edits somebody has to look at. */
export const contested = (edits: readonly EditView[]): EditView[] => edits.filter((e) => e.conflicts.length > 0)

export const choose = (choices: Choices, field: string, side: Side): Choices => ({ ...choices, [field]: side })

/** One side for all fields. */
export const chooseAll = (list: readonly Conflict[], side: Side): Choices => Object.fromEntries(list.map((c) => [c.field, side]))

/** Whether every field has its answer; choices of fields that are no longer contested count for nothing. */
export const isSettled = (list: readonly Conflict[], choices: Choices): boolean => list.every((c) => choices[c.field] !== undefined)

/** What is told to the server. */
export const taken = (list: readonly Conflict[], choices: Choices): Record<string, Side> => Object.fromEntries(list.flatMap((c) => (choices[c.field] ? [[c.field, choices[c.field]!]] : [])))

export type Kind = 'deleted by them' | 'deleted by me' | 'field'

/** What sort of conflict it is, for its words. */
export function kindOf(c: Conflict, op: EditView['op']): Kind {
  if (c.field !== whole) return 'field'
  return c.now_version === null ? 'deleted by them' : op === 'delete' ? 'deleted by me' : 'field'
}
