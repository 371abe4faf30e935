// Words for changesets: states, counts, what an edit does.
import { m } from '../../paraglide/staff/messages'
import { layerOf } from '../catalogue.svelte'
import type { Changeset, Note, Op, State } from './contract'
import { columnName, featureName } from '../values'

const states: Record<State, () => string> = {
  draft: m.edit_state_draft, submitted: m.edit_state_submitted, approved: m.edit_state_approved, applied: m.edit_state_applied,
  rejected: m.edit_state_rejected, reverted: m.edit_state_reverted, dropped: m.edit_state_dropped,
}
export const stateWord = (s: State): string => states[s]()

const acts: Record<string, () => string> = {
  submitted: m.edit_note_submitted, approved: m.edit_note_approved, rejected: m.edit_note_rejected, reopened: m.edit_note_reopened,
  applied: m.edit_note_applied, reverted: m.edit_note_reverted, dropped: m.edit_note_dropped,
}
export const noteWord = (n: Note): string => acts[n.kind]?.() ?? ''

export function countWords(c: Pick<Changeset, 'counts'>): string {
  const { insert, update, delete: gone } = c.counts
  return [insert && m.edit_n_new({ n: insert }), update && m.edit_n_changed({ n: update }), gone && m.edit_n_gone({ n: gone })].filter(Boolean).join(', ') || m.edit_n_none()
}

/** What an edit does, in a few words: "đổi ranh, 2 thuộc tính". */
export function editWords(op: Op, changed: readonly string[], layer: string): string {
  if (op === 'insert') return m.edit_op_insert()
  if (op === 'delete') return m.edit_op_delete()
  const columns = changed.filter((c) => c !== 'geometry')
  const names = columns.length > 2 ? m.edit_n_columns({ n: columns.length }) : columns.map((c) => fieldName(layer, c)).join(', ')
  return [changed.includes('geometry') && m.edit_op_shape(), names].filter(Boolean).join(', ')
}

/** A column, the geometry or the whole feature by its name. */
export function fieldName(layer: string, field: string): string {
  if (field === 'geometry') return m.edit_geometry()
  if (field === '*') return m.edit_whole()
  if (field === 'valid_from') return m.map_valid_from()
  if (field === 'valid_until') return m.map_valid_until()
  const column = layerOf(layer)?.columns.find((c) => c.name === field)
  return column ? columnName(column) : field
}

export function nameIn(layer: string, fid: number, properties: Record<string, unknown> | undefined): string {
  const entry = layerOf(layer)
  return entry && properties ? featureName(entry, properties, String(fid)) : `#${fid}`
}

/** Who made something: a statement on the table itself comes under the name of a role of the database, which nobody here knows. */
export const personName = (source: string, name: string, account: string): string => name || (source === 'sql' ? m.edit_by_system() : account)
