// Changesets and features as the server keeps them, asked for and changed.
import { call } from '../../lib/api'
import type { Changeset, Editing, Past, Sent } from './contract'
import type { Side } from './conflicts'

const longMs = 60_000 // checks and applying of thousands of features
const mostEdits = 5000 // in one answer; fewer where shapes are large

type Answer = Partial<Changeset> & Omit<Changeset, 'edits' | 'problems' | 'notes'>

/** Lists may be absent where they are empty. */
const whole = (c: Answer): Changeset => ({
  ...c, notes: c.notes ?? [], problems: c.problems ?? [],
  edits: (c.edits ?? []).map((e) => ({ ...e, changed: e.changed ?? [], conflicts: e.conflicts ?? [] })),
})

const at = (c: Pick<Changeset, 'id'>) => `/changesets/${c.id}`
const seen = (c: Pick<Changeset, 'etag'>) => ({ 'If-Match': c.etag })

export async function readEditing(layer: string): Promise<Editing> {
  const e = await call<Editing>(`/layers/${layer}/editing`)
  return { ...e, columns: e.columns ?? [], drafts: (e.drafts ?? []).map(whole) }
}

export const readFeature = (layer: string, fid: number, crs: 'storage' | 'crs84' = 'storage'): Promise<Past> => call<Past>(`/layers/${layer}/features/${fid}?crs=${crs}`)

export const readHistory = async (layer: string, fid: number): Promise<Past[]> => (await call<{ versions: Past[] }>(`/layers/${layer}/features/${fid}/history`)).versions ?? []

const readPage = async (id: number, crs: 'storage' | 'crs84', from: number): Promise<Changeset> => whole(await call<Answer>(`/changesets/${id}?crs=${crs}&from=${from}&limit=${mostEdits}`, { timeoutMs: longMs }))

/** A changeset without most of its edits: who made it, when and why. */
export const readHead = async (id: number): Promise<Changeset> => whole(await call<Answer>(`/changesets/${id}?limit=1`))

/** How many edits a changeset has, however many of them were read. */
export const editCount = ({ counts }: Pick<Changeset, 'counts'>): number => counts.insert + counts.update + counts.delete

/**
 * A changeset with all its edits, page by page; in the layer's own coordinates, or on the
 * map. What was read so far is shown to `wants`, which says whether the rest is still wanted.
 */
export async function readChangeset(id: number, crs: 'storage' | 'crs84', wants: (sofar: Changeset) => boolean = () => true): Promise<Changeset> {
  let c = await readPage(id, crs, 0)
  while (wants(c) && c.edits.length < editCount(c)) {
    const next = await readPage(id, crs, c.edits.length)
    if (next.etag !== c.etag) c = await readPage(id, crs, 0) // changed meanwhile: its pages no longer fit together
    else if (next.edits.length) c = { ...next, edits: [...c.edits, ...next.edits] }
    else break
  }
  return c
}

export async function listChangesets(query: string): Promise<Changeset[]> {
  const { changesets } = await call<{ changesets: Answer[] }>(`/changesets?${query}`)
  return (changesets ?? []).map(whole)
}

export const beginChangeset = async (layer: string, title: string): Promise<Changeset> => whole(await call<Answer>('/changesets', { method: 'POST', body: { layer, title } }))

export const nameChangeset = async (c: Changeset, title: string): Promise<Changeset> => whole(await call<Answer>(at(c), { method: 'PATCH', body: { title }, headers: seen(c) }))

export async function putEdit(c: Changeset, edit: Sent): Promise<{ changeset: Changeset; fid: number }> {
  const { changeset, fids } = await call<{ changeset: Answer; fids: number[] }>(`${at(c)}/edits`, { method: 'POST', body: { edits: [edit] }, headers: seen(c), timeoutMs: longMs })
  return { changeset: whole(changeset), fid: fids[0]! }
}

export const takeOut = async (c: Changeset, fid: number): Promise<Changeset> => whole(await call<Answer>(`${at(c)}/edits/${fid}`, { method: 'DELETE', headers: seen(c) }))

export const resolve = async (c: Changeset, fid: number, nowVersion: number | null, take: Record<string, Side>): Promise<Changeset> => whole(await call<Answer>(`${at(c)}/resolve`, { method: 'POST', body: { fid, nowVersion, take }, headers: seen(c) }))

export type Verb = 'check' | 'submit' | 'approve' | 'apply' | 'reject' | 'reopen' | 'drop'

export const act = async (c: Changeset, verb: Verb, note = ''): Promise<Changeset> => whole(await call<Answer>(`${at(c)}/${verb}`, { method: 'POST', body: note ? { note } : {}, headers: seen(c), timeoutMs: longMs }))

export const revert = async (c: Changeset, title: string): Promise<Changeset> => whole(await call<Answer>(`${at(c)}/revert`, { method: 'POST', body: { title }, headers: seen(c), timeoutMs: longMs }))

export const comment = async (c: Changeset, text: string): Promise<Changeset> => whole(await call<Answer>(`${at(c)}/comments`, { method: 'POST', body: { text } }))

export const restore = async (layer: string, fid: number, rowVersion: number, title: string): Promise<Changeset> =>
  whole(await call<Answer>(`/layers/${layer}/features/${fid}/restore`, { method: 'POST', body: { rowVersion, title } }))
