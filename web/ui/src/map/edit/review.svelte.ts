// The changesets a person can look at, and the one that is open, edit by edit.
import type { FeatureCollection } from 'geojson'
import { Problem } from '../../lib/api'
import { m } from '../../paraglide/staff/messages'
import { layerOf, layers } from '../catalogue.svelte'
import { boxOf } from '../geo/shape'
import { page } from '../page.svelte'
import * as api from './api'
import type { Changeset, EditView, Remark } from './contract'
import { marked, problemMarks } from './drawing'
import { noMarks, type Taker } from './taker.svelte'
import { waiting as counted } from './waiting.svelte'

const mostOthers = 500 // shapes of other edits on the map

const asProblem = (cause: unknown): Problem => (cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))

class Review {
  waiting = $state.raw<Changeset[] | undefined>() // that I may decide
  mine = $state.raw<Changeset[] | undefined>()
  applied = $state.raw<Changeset[]>([]) // the last ones, by anybody
  listProblem = $state.raw<Problem | undefined>()
  open = $state.raw<Changeset | undefined>()
  openProblem = $state.raw<Problem | undefined>()
  failed = $state.raw<Problem | undefined>() // of the last decision
  busy = $state(false)
  at = $state(0)
  readonly edit = $derived<EditView | undefined>(this.open?.edits[this.at])
  /** How many edits there are, read or not. */
  readonly all = $derived(this.open ? Math.max(api.editCount(this.open), this.open.edits.length) : 0)
  /** Whether all of it was read: nobody approves what was never shown. */
  readonly complete = $derived(this.open !== undefined && this.open.edits.length >= this.all)

  async readList(): Promise<void> {
    try {
      const [waiting, mine, applied] = await Promise.all(['for=review&limit=100', 'author=me&limit=50', 'state=applied&limit=30'].map(api.listChangesets))
      Object.assign(this, { waiting, mine, applied: applied!.filter((c) => c.source !== 'sql'), listProblem: undefined })
    } catch (cause) {
      this.listProblem = asProblem(cause)
    }
  }

  async read(id: number): Promise<void> {
    if (this.open?.id !== id) {
      this.open = undefined
      this.at = 0
    }
    this.openProblem = this.failed = undefined
    const turn = ++this.#turn
    try {
      await api.readChangeset(id, 'crs84', (sofar) => turn === this.#turn && this.#show(id, sofar))
    } catch (cause) {
      if (turn === this.#turn && page.changes === String(id)) this.openProblem = asProblem(cause)
    }
  }
  #turn = 0 // of the last reading: an earlier one that is still under way is no longer wanted

  /** Shows what was read so far; false when something else was opened meanwhile. */
  #show(id: number, sofar: Changeset): boolean {
    if (page.changes !== String(id)) return false
    const first = this.open?.id !== id
    this.open = sofar
    this.at = Math.min(this.at, Math.max(0, this.all - 1))
    if (first) this.#arrive(sofar)
    return true
  }

  #arrive(c: Changeset): void {
    const entry = layerOf(c.layer)
    if (entry && !page.shows(c.layer)) page.toggle(entry, layers() ?? [])
    this.look()
  }

  step(by: number): void {
    const n = this.open?.edits.length ?? 0 // of those that are here
    if (!n) return
    this.at = (this.at + by + n) % n
    this.look()
  }

  /** Opens the edit that a problem is of, and brings its place into view. */
  show(r: Remark): void {
    const at = this.open?.edits.findIndex((e) => e.fid === r.fid) ?? -1
    if (at >= 0) this.at = at
    const box = r.geometry && boxOf(r.geometry)
    if (box) page.fitTo?.(box)
    else this.look()
  }

  /** Brings the edit into view, both of its shapes. */
  look(): void {
    const boxes = [this.edit?.before?.geometry, this.edit?.after?.geometry].flatMap((g) => (g ? [boxOf(g)] : [])).filter((b) => b !== undefined)
    if (!boxes.length) return
    page.fitTo?.([Math.min(...boxes.map((b) => b[0])), Math.min(...boxes.map((b) => b[1])), Math.max(...boxes.map((b) => b[2])), Math.max(...boxes.map((b) => b[3]))])
  }

  async decide(verb: api.Verb, note: string): Promise<boolean> {
    return this.#do(async (c) => void (await api.act(c, verb, note)))
  }

  comment = (text: string): Promise<boolean> => this.#do(async (c) => void (await api.comment(c, text)))

  /** Undoes an applied changeset by its inverse, and opens that. */
  revert(): Promise<boolean> {
    return this.#do(async (c) => page.showChanges(String((await api.revert(c, m.edit_revert_title({ n: c.id }))).id)))
  }

  async #do(what: (c: Changeset) => Promise<void>): Promise<boolean> {
    const { open } = this
    if (!open) return false
    this.busy = true
    this.failed = undefined
    try {
      await what(open)
      return true
    } catch (cause) {
      this.failed = asProblem(cause)
      return false
    } finally {
      const { failed } = this
      if (Number(page.changes)) await this.read(Number(page.changes))
      counted.soon()
      this.failed = failed
      this.busy = false
    }
  }

  marks(): FeatureCollection {
    const { edit, open } = this
    if (!open) return noMarks
    const others = open.edits.slice(0, mostOthers).flatMap((e) => (e !== edit && (e.after ?? e.before)?.geometry ? [marked(e.after ? 'other' : 'gone', (e.after ?? e.before)!.geometry!)] : []))
    const before = edit?.before?.geometry ? [marked(edit.after ? 'before' : 'gone', edit.before.geometry)] : []
    const after = edit?.after?.geometry ? [marked('after', edit.after.geometry)] : []
    const problems = open.problems.flatMap((r, i) => (r.geometry ? problemMarks(r.geometry, i + 1, r.kind) : []))
    return { type: 'FeatureCollection', features: [...others, ...after, ...before, ...problems] }
  }
}

export const review = new Review()

/** A reviewer looks and steps; clicks mean nothing to the changeset. */
export const reviewHand: Taker = {
  only: () => '', tap: () => true, point: () => {}, grab: () => false, drag: () => {}, drop: () => {}, cursor: () => 'grab',
  marks: () => review.marks(), rest: () => {}, changed: () => {},
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !review.open) return false
    if (event.key === '[') review.step(-1)
    else if (event.key === ']') review.step(1)
    else if (event.key === 'Escape') page.showChanges('list')
    else return false
    return true
  },
}
