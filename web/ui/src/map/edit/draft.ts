// A draft as the person sees it, and what must be sent so that the server's copy is the
// same. What is wanted of a feature is said whole, so that sending it twice, or after
// somebody has lost the answer, does no harm. Pure.
import type { Geometry } from 'geojson'
import type { EditView, Op, Sent, Values, Version } from './contract'

/** One feature in the draft. Features that the server has not numbered yet are counted down from -1. */
export interface Working {
  fid: number
  op: Op
  baseVersion: number | null
  before: Version | null
  after: Version | null
}

export type Draft = ReadonlyMap<number, Working>

/** Equal as JSON has them: the order of names does not matter. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return (a ?? null) === (b ?? null)
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((n) => equal((a as Values)[n], (b as Values)[n]))
}

/** The columns that are different, and "geometry". */
export function changedIn({ before, after }: Pick<Working, 'before' | 'after'>): string[] {
  if (!before || !after) return []
  const names = [...new Set([...Object.keys(before.properties), ...Object.keys(after.properties)])].filter((n) => !equal(before.properties[n], after.properties[n]))
  return equal(before.geometry, after.geometry) ? names : [...names, 'geometry']
}

const isNothing = (w: Working): boolean => w.op === 'update' && changedIn(w).length === 0

/** The draft with one feature changed: an edit that changes nothing any more leaves no trace, nor does a new feature that is deleted. */
export function put(d: Draft, w: Working): Draft {
  const next = new Map(d)
  const was = d.get(w.fid)
  if (isNothing(w) || (w.op === 'delete' && was?.op === 'insert')) next.delete(w.fid)
  else next.set(w.fid, was?.op === 'insert' && w.op === 'update' ? { ...w, op: 'insert', before: null } : w)
  return next
}

export function without(d: Draft, fid: number): Draft {
  const next = new Map(d)
  next.delete(fid)
  return next
}

export const fromServer = (edits: readonly EditView[]): Draft => new Map(edits.map(({ fid, op, baseVersion, before, after }) => [fid, { fid, op, baseVersion, before, after }]))

/** The draft with a new feature under the number that the server gave it. */
export function renumbered(d: Draft, from: number, to: number): Draft {
  const w = d.get(from)
  if (!w) return d
  return new Map([...d].map(([fid, one]) => (fid === from ? [to, { ...w, fid: to }] : [fid, one])))
}

export interface Call {
  fid: number // of the draft
  takeOut: boolean // take out what the server has of it first
  edit: Sent | undefined
}

/** One feature as it is sent when the server does not know its number. */
export const unnumbered = (e: Sent): Sent => {
  const { fid: _, ...rest } = e
  return rest
}

/** What to send for one feature. */
export function callFor(fid: number, mine: Working | undefined, theirs: Working | undefined): Call | undefined {
  if (!mine) return theirs && { fid, takeOut: true, edit: undefined }
  if (theirs && same(mine, theirs)) return undefined
  if (!theirs) return { fid, takeOut: false, edit: sent(mine) }
  if (mine.op === 'insert' && theirs.op === 'insert') return { fid, takeOut: false, edit: overInsert(mine, theirs) }
  if (mine.op === 'update' && theirs.op === 'update') return overUpdate(mine, theirs)
  return { fid, takeOut: false, edit: sent(mine) }
}

/** Whether nothing of two drafts differs, what they were made from neither. */
export const alike = (a: Draft, b: Draft): boolean =>
  a.size === b.size && [...a].every(([fid, w]) => { const o = b.get(fid); return o !== undefined && same(w, o) && o.baseVersion === w.baseVersion })

/** Whether the same is wanted of a feature. */
export const same = (a: Working, b: Working) => a.op === b.op && equal(a.after, b.after)

/** Over an edit that the server has: what is as it was before is said too, and the server forgets it. A shape is taken out instead, for it may have been written otherwise. */
function overUpdate(mine: Working, theirs: Working): Call {
  const names = new Set(changedIn(mine))
  const back = changedIn(theirs).filter((n) => !names.has(n))
  if (back.includes('geometry')) return { fid: mine.fid, takeOut: true, edit: sent(mine) }
  const edit = sent(mine)
  return { fid: mine.fid, takeOut: false, edit: { ...edit, properties: { ...Object.fromEntries(back.map((n) => [n, theirs.before?.properties[n] ?? null])), ...edit.properties } } }
}

function sent(w: Working): Sent {
  const numbered = w.fid > 0 ? { fid: w.fid } : {}
  if (w.op === 'delete') return { op: w.op, ...numbered, ...based(w) }
  if (w.op === 'insert') return { op: w.op, ...numbered, properties: filled(w.after!.properties), ...shaped(w.after!.geometry) }
  const names = changedIn(w)
  const properties = Object.fromEntries(names.filter((n) => n !== 'geometry').map((n) => [n, w.after!.properties[n] ?? null]))
  return { op: w.op, ...numbered, ...based(w), properties, ...(names.includes('geometry') ? shaped(w.after!.geometry) : {}) }
}

/** Over a new feature that the server knows: nulls take out what it had. */
function overInsert(mine: Working, theirs: Working): Sent {
  const names = changedIn({ before: theirs.after, after: mine.after })
  const properties = Object.fromEntries(names.filter((n) => n !== 'geometry').map((n) => [n, mine.after!.properties[n] ?? null]))
  return { op: 'update', fid: theirs.fid, properties, ...(names.includes('geometry') ? shaped(mine.after!.geometry) : {}) }
}

const based = (w: Working) => (w.baseVersion ? { baseVersion: w.baseVersion } : {})
const shaped = (g: Geometry | null): { geometry?: Geometry; crs?: 'storage' } => (g ? { geometry: g, crs: 'storage' } : {})
const filled = (v: Values): Values => Object.fromEntries(Object.entries(v).filter(([, x]) => x !== null && x !== undefined))

/** The number of a new feature of ours that arrived although its answer was lost. */
export function arrived(mine: Working, server: Draft, known: Draft): number | undefined {
  if (mine.op !== 'insert' || server.has(mine.fid)) return undefined
  for (const [fid, w] of server) if (w.op === 'insert' && !known.has(fid) && equal(filled(w.after?.properties ?? {}), filled(mine.after?.properties ?? {})) && equal(w.after?.geometry, mine.after?.geometry)) return fid
  return undefined
}
