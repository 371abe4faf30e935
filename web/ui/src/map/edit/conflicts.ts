// Conflicts as the second person settles them: each field has what it was, what the
// other made of it and what is mine. Nothing is settled by itself. Pure.
import type { Conflict, EditView, Past } from './contract'
import { equal } from './draft'

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

/** What the choices are of: other features and newer values of the same one are chosen anew. */
export const subject = (fid: number, list: readonly Conflict[]): string => [fid, ...list.map((c) => `${c.field}@${c.now_version}`)].join(' ')

/** The version that made a field what it is now, of all versions with the newest first; of a feature that is gone its last. */
export function makerOf(versions: readonly Past[], field: string): Past | undefined {
  if (field === whole) return versions[0]
  if (field === 'geometry') return versions.find((v) => v.reshaped) ?? versions.at(-1)
  return versions.find((v, i) => !versions[i + 1] || !equal(v.properties[field], versions[i + 1]!.properties[field]))
}
