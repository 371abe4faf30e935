// A server for tests: it keeps changesets as the real one does, as far as drafts go.
import { Problem } from '../../lib/api'
import type { Changeset, Editing, EditView, Past, Sent, State, Version } from './contract'
import type { Column } from '../types'

interface Held { id: number; layer: string; version: number; state: State; edits: Map<number, EditView> }

class Pretended {
  held = new Map<number, Held>()
  /** The layer as it is applied. */
  features = new Map<number, Version>()
  columns: Column[] = []
  sources = new Map<number, string>() // of a changeset: web, unless a program made it
  calls: string[] = []
  /** What happens before a call is answered: a wait, or a refusal. */
  hinder: (call: string) => Promise<void> | void = () => {}
  #fid = 50
  #id = 27

  reset(): void {
    Object.assign(this, { held: new Map(), features: new Map(), columns: [], sources: new Map(), calls: [], hinder: () => {} })
    this.#fid = 50
    this.#id = 27
  }

  begin(layer: string): Held {
    const c: Held = { id: this.#id++, layer, version: 1, state: 'draft', edits: new Map() }
    this.held.set(c.id, c)
    return c
  }

  view(c: Held): Changeset {
    return { id: c.id, layer: c.layer, state: c.state, title: '', etag: String(c.version), edits: [...c.edits.values()], problems: [], notes: [] } as unknown as Changeset
  }

  async asked(call: string, id = 0, seen?: string): Promise<Held> {
    this.calls.push(call)
    await this.hinder(call)
    const c = this.held.get(id)
    if (id && !c) throw new Problem(404, 'not_found', '')
    if (seen !== undefined && c!.state !== 'draft') throw new Problem(409, 'state', '')
    if (seen !== undefined && seen !== String(c!.version)) throw new Problem(412, 'moved', '')
    return c!
  }

  /** Puts an edit in, as changeset_put does. */
  put(c: Held, e: Sent): number {
    const was = c.edits.get(e.fid ?? 0)
    if (e.op === 'insert' && e.fid && !was) throw new Problem(404, 'no_feature', '')
    if (e.op !== 'insert' && !e.baseVersion && !was) throw new Problem(428, 'unconditional', '')
    const fid = e.fid ?? this.#fid++
    const base = was?.before ?? this.features.get(fid) ?? null
    const from = was?.after ?? base ?? { properties: {}, geometry: null }
    const after = e.op === 'delete' ? null : { properties: { ...from.properties, ...e.properties }, geometry: e.geometry ?? from.geometry }
    const op = was?.op === 'insert' ? 'insert' : e.op
    c.edits.set(fid, { fid, n: 1, op, baseVersion: e.baseVersion ?? null, before: op === 'insert' ? null : base, after, changed: [], conflicts: [] })
    c.version++
    return fid
  }

  takeOut(c: Held, fid: number): void {
    if (!c.edits.delete(fid)) throw new Problem(404, 'no_edit', '')
    c.version++
  }
}

export const server = new Pretended()

export const api = {
  beginChangeset: async (layer: string) => {
    await server.asked('begin')
    return server.view(server.begin(layer))
  },
  readChangeset: async (id: number) => server.view(await server.asked(`read ${id}`, id)),
  putEdit: async (of: Changeset, e: Sent) => {
    const c = await server.asked(`put ${of.id} ${e.fid ?? 'new'}`, of.id, of.etag)
    const fid = server.put(c, e)
    return { changeset: server.view(c), fid }
  },
  readEditing: async (layer: string) => {
    await server.asked('editing')
    const drafts = [...server.held.values()].filter((c) => c.state === 'draft').map((c) => ({ ...server.view(c), source: server.sources.get(c.id) ?? 'web' })).reverse()
    return { layer, mayEdit: true, mayReview: false, columns: server.columns, geometry: 'Point', crs: 'EPSG:4326', drafts } as unknown as Editing
  },
  readFeature: async (_: string, fid: number) => {
    await server.asked(`feature ${fid}`)
    return { ...server.features.get(fid), fid, rowVersion: 3 } as unknown as Past
  },
  nameChangeset: async (of: Changeset) => server.view(await server.asked('name', of.id, of.etag)),
  act: async (of: Changeset, verb: string) => {
    const c = await server.asked(verb, of.id, of.etag)
    c.state = verb === 'drop' ? 'dropped' : 'submitted'
    await server.hinder(`${verb} done`)
    return server.view(c)
  },
  takeOut: async (of: Changeset, fid: number) => {
    const c = await server.asked(`take out ${of.id} ${fid}`, of.id, of.etag)
    server.takeOut(c, fid)
    return server.view(c)
  },
}
