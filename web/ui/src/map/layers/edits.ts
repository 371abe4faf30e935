// What of an entry or a code list is different after a form. Pure.
import type { Column } from '../types'
import type { ColumnEdit, Edit, ListCode, Words } from './contract'

/** Only what differs is sent, so that what nobody touched stays as it is. */
export function changed(before: Words, after: Partial<Words>): Edit {
  const edit: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    if (JSON.stringify(value) !== JSON.stringify(before[name as keyof Words])) edit[name] = value
  }
  return edit as Edit
}

/** What was said anew of columns, by name. */
export function changedColumns(before: readonly Column[], after: readonly Column[]): Record<string, ColumnEdit> {
  const edits: Record<string, ColumnEdit> = {}
  for (const old of before) {
    const now = after.find((c) => c.name === old.name)
    if (!now) continue
    const edit: ColumnEdit = {}
    if (now.label.vi !== old.label.vi || now.label.en !== old.label.en) edit.label = now.label
    if ((now.unit ?? '') !== (old.unit ?? '')) edit.unit = now.unit ?? ''
    if (Boolean(now.readOnly) !== Boolean(old.readOnly)) edit.readOnly = Boolean(now.readOnly)
    if ((now.fromZoom ?? -1) !== (old.fromZoom ?? -1)) edit.fromZoom = now.fromZoom ?? -1
    if (Object.keys(edit).length) edits[old.name] = edit
  }
  return edits
}

export type CodeChange = 'new' | 'named' | 'coloured' | 'moved' | ''

/** What became of a code since the version before; empty: nothing. */
export function changeOf(code: ListCode, before: ReadonlyMap<string, ListCode>): CodeChange {
  const old = before.get(code.code)
  if (!old) return 'new'
  if (old.label.vi !== code.label.vi || old.label.en !== code.label.en) return 'named'
  if ((old.colour ?? '') !== (code.colour ?? '')) return 'coloured'
  return (old.parent ?? '') !== (code.parent ?? '') ? 'moved' : ''
}

export const byCode = (codes: readonly ListCode[]): Map<string, ListCode> => new Map(codes.map((c) => [c.code, c]))

/** How a version differs from the one it follows. */
export function difference(before: readonly ListCode[], after: readonly ListCode[]): { added: number; changed: number; gone: ListCode[] } {
  const old = byCode(before)
  const changes = after.map((c) => changeOf(c, old))
  const now = byCode(after)
  return { added: changes.filter((c) => c === 'new').length, changed: changes.filter((c) => c && c !== 'new').length, gone: before.filter((c) => !now.has(c.code)) }
}

/** A code for a title: lower-case letters and digits without marks. */
export function slugFrom(title: string): string {
  const plain = title.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase()
  return plain.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 41).replace(/_+$/, '')
}
