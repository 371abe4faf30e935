// The catalogue as the page holds it: entries, the one that is open, templates, code
// lists; and every write to them, with what the server said last.
import { call, Problem } from '../../lib/api'
import { readLayers } from '../catalogue.svelte'
import type { Column } from '../types'
import type { Edit, Entry, ListCode, ListVersion, System, Template } from './contract'

export interface NewLayer {
  template?: string
  slug: string
  owner: string
  crs?: string
  geometry?: string
  columns?: Column[]
  edit: Edit
}

export interface NewVersion {
  title?: { vi: string; en: string }
  validFrom: string
  source: string
  note: string
  codes: ListCode[]
}

const lastDay = '9999-12-31' // on which every newest version is in force
const longMs = 60_000 // emptying, and lists of thousands of codes

export const asProblem = (cause: unknown): Problem => (cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))

const whole = (e: Entry): Entry => ({ ...e, columns: e.columns ?? [], key: e.key ?? [], search: e.search ?? [], rights: e.rights ?? [] })

class Store {
  entries = $state.raw<Entry[] | undefined>()
  lists = $state.raw<ListVersion[] | undefined>() // the newest version of each
  inForce = $state.raw<ReadonlyMap<string, number>>(new Map()) // list to version
  problem = $state.raw<Problem | undefined>() // of reading
  open = $state.raw<Entry | undefined>()
  openProblem = $state.raw<Problem | undefined>()
  templates = $state.raw<Template[]>([])
  systems = $state.raw<System[]>([])
  failed = $state.raw<Problem | undefined>() // of the last write
  busy = $state(false)

  /** Reads all that the page lists; what was read before stays when that fails. */
  async read(): Promise<void> {
    try {
      const [layers, newest, now, kinds] = await Promise.all([
        call<{ layers: Entry[] }>('/layers'), call<{ codeLists: ListVersion[] }>(`/code-lists?day=${lastDay}`), call<{ codeLists: ListVersion[] }>('/code-lists'),
        this.templates.length ? undefined : call<{ templates: Template[]; systems: System[] }>('/layer-templates'),
      ])
      this.entries = layers.layers.map(whole)
      this.lists = newest.codeLists
      this.inForce = new Map(now.codeLists.map((l) => [l.slug, l.version]))
      if (kinds) [this.templates, this.systems] = [kinds.templates.map((t) => ({ ...t, layer: whole(t.layer) })), kinds.systems]
      this.problem = undefined
    } catch (cause) {
      this.problem = asProblem(cause)
    }
  }

  /** Opens one entry; with what the list says of it until it is read. */
  async readOne(slug: string): Promise<void> {
    if (this.open?.slug !== slug) this.open = undefined
    this.openProblem = this.failed = undefined
    try {
      const entry = whole(await call<Entry>(`/layers/${slug}`))
      this.open = entry
    } catch (cause) {
      this.openProblem = asProblem(cause)
    }
  }

  change = (e: Entry, edit: Edit) =>
    this.#write(async () => { this.open = whole(await call<Entry>(`/layers/${e.slug}`, { method: 'PATCH', body: edit, headers: { 'If-Match': e.etag } })) })

  create = (layer: NewLayer) => this.#write(async () => { this.open = whole(await call<Entry>('/layers', { method: 'POST', body: layer })) })

  remove = (e: Entry, confirm: string) =>
    this.#write(async () => { await call(`/layers/${e.slug}?confirm=${encodeURIComponent(confirm)}`, { method: 'DELETE', timeoutMs: longMs }) })

  empty = (e: Entry, confirm: string) =>
    this.#write(async () => {
      await call(`/layers/${e.slug}/empty`, { method: 'POST', body: { confirm }, timeoutMs: longMs })
      this.open = whole(await call<Entry>(`/layers/${e.slug}`))
    })

  /** Adds a version made of the one named by the ETag, or a new list where there is none. */
  addVersion = (list: string, etag: string | undefined, version: NewVersion) =>
    this.#write(async () => {
      const headers: Record<string, string> = etag ? { 'If-Match': etag } : { 'If-None-Match': '*' }
      await call(`/code-lists/${list}/versions`, { method: 'POST', body: version, headers, timeoutMs: longMs })
    })

  /** Whether it was done; if not, `failed` says why. */
  async #write(what: () => Promise<void>): Promise<boolean> {
    this.busy = true
    this.failed = undefined
    try {
      await what()
      await Promise.all([this.read(), readLayers()])
      return true
    } catch (cause) {
      this.failed = asProblem(cause)
      return false
    } finally {
      this.busy = false
    }
  }
}

export const store = new Store()
