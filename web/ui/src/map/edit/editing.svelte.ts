// One person at work on one layer: the draft with what can be undone, the feature that
// is open, the tool in hand. The server's copy follows by itself.
import type { Position } from 'geojson'
import { Problem } from '../../lib/api'
import { locale } from '../../lib/locale.svelte'
import { m } from '../../paraglide/staff/messages'
import { session } from '../../room/session.svelte'
import { layerOf, layers } from '../catalogue.svelte'
import { page } from '../page.svelte'
import type { Column } from '../types'
import { columnName, featureName } from '../values'
import { act, nameChangeset, readEditing, readFeature, resolve } from './api'
import { inherited, missing } from './columns'
import type { Side } from './conflicts'
import type { Changeset, Conflict, Editing as Info, Past, Version } from './contract'
import { alike, put, renumbered, without, type Draft, type Working } from './draft'
import { frameOf, type Frame } from './frame'
import { merge } from './merge'
import { Neighbours, type Box } from './neighbours'
import { refined } from './refine'
import { drawn, fewestOf, isArea, isPoints, insertVertex, moveVertex, putTogether, removeVertex, takeApart, type Place, type Shape } from './shape'
import type { Neighbour, Snap } from './snap'
import { split } from './split'
import { readValue, type Read } from './reading'
import { begin, mapped, redo, step, undo, type Steps } from './steps'
import { Sync, type Owner } from './sync.svelte'
import { firstTitle, madeUp } from './titles'

export type EditTool = 'vertex' | 'draw' | 'split' | 'merge'

const asProblem = (cause: unknown): Problem => (cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))

class Editing implements Owner {
  layer = $state('')
  info = $state.raw<Info | undefined>()
  problem = $state.raw<Problem | undefined>() // of opening
  frame = $state.raw<Frame | undefined>()
  sync = $state.raw<Sync | undefined>()
  neighbours: Neighbours | undefined
  steps = $state.raw<Steps<Draft>>(begin(new Map()))
  tool = $state<EditTool>('vertex')
  snapping = $state(true)
  fid = $state<number | undefined>()
  opened = $state(0) // counts the features that were opened: one keeps its form when it gets its number
  base = $state.raw<Past | undefined>() // the open feature as the server has it
  baseProblem = $state.raw<Problem | undefined>()
  vertex = $state.raw<Place | undefined>()
  live = $state.raw<Shape | undefined>() // while a vertex is being dragged
  next = $state.raw<Position | undefined>() // where the pointer is
  caught = $state.raw<Snap | undefined>()
  box = $state.raw<Box | undefined>() // what is in view, in degrees
  far = $state(false) // too far away to know the neighbours
  alone = $state(false) // near enough, but they could not be read
  said = $state('')
  busy = $state(false)
  readonly working = $derived(this.#working())
  readonly shape = $derived(this.live ?? (this.working?.after?.geometry ? takeApart(this.working.after.geometry) : undefined))
  readonly conflicts = $derived<readonly Conflict[]>(this.sync?.changeset?.edits.find((e) => e.fid === this.fid)?.conflicts ?? [])
  /** The shape that somebody else made meanwhile, while it is contested. */
  readonly contestedShape = $derived(this.base?.fid === this.fid && this.conflicts.some((c) => c.field === 'geometry') ? this.base : undefined)
  readonly entry = $derived(layerOf(this.layer))
  #checkedAt = $state('')
  readonly checked = $derived(this.#checkedAt !== '' && this.#checkedAt === this.sync?.changeset?.etag && this.sync.state === 'saved')
  #opening = 0 // which opening is the last
  #leaving: Promise<void> | undefined
  #lastNew = 0
  #lines = $state.raw<Steps<readonly Position[]>>(begin([]))
  #made = new Set<number>() // features that only drafts ever had
  #numbers = new Map<number, number>() // what the server called features that were counted down before

  async open(layer: string, changeset?: number): Promise<void> {
    this.close()
    const opening = ++this.#opening
    this.layer = layer
    this.problem = undefined
    const entry = layerOf(layer)
    if (entry && !page.shows(layer)) page.toggle(entry, layers() ?? [])
    try {
      await this.#leaving // or the draft would be read without what is still on its way
      const info = await readEditing(layer)
      const frame = frameOf(info.crs)
      const sync = new Sync(session()?.account ?? '', layer, this)
      const drafts = info.drafts.filter((d) => d.state === 'draft')
      const own = drafts.find((d) => d.source !== 'qgis') // what a program is gathering is gone on with only when it is asked for
      const draft = await sync.start((drafts.find((d) => d.id === changeset) ?? own)?.id, drafts.map((d) => d.id))
      if (this.#opening !== opening) return
      this.steps = begin(draft)
      this.#lastNew = Math.min(0, ...draft.keys())
      this.#numbers.clear()
      this.#made = new Set([...draft.values()].filter((w) => w.op === 'insert').map((w) => w.fid))
      Object.assign(this, { info, frame, sync })
      this.neighbours = frame && new Neighbours(layer, frame, info.crs)
      sync.go()
      if (page.chosen?.layer === layer) await this.choose(Number(page.chosen.fid))
    } catch (cause) {
      if (this.#opening === opening) this.problem = asProblem(cause)
    }
  }

  close(): void {
    this.#opening++
    this.#leaving = this.sync?.stop() ?? this.#leaving
    this.layer = ''
    this.info = this.frame = this.sync = this.neighbours = undefined
    this.steps = begin(new Map())
    this.tool = 'vertex'
    this.#forget()
  }

  #forget(): void {
    this.fid = this.base = this.baseProblem = this.vertex = this.live = this.caught = undefined
    this.#lines = begin([])
  }

  draft = (): Draft => this.steps.now

  adopt(d: Draft): void {
    if (alike(d, this.steps.now)) return
    this.steps = begin(d)
    this.vertex = undefined
    this.#atBase()
  }

  number(from: number, to: number): void {
    this.steps = mapped(this.steps, (d) => renumbered(d, from, to))
    this.#made.add(to)
    this.#numbers.set(from, to)
    if (this.fid === from) this.fid = to
  }

  title = (): string => firstTitle(this.entry?.title)
  madeUp = (title: string): boolean => madeUp(title, this.entry?.title)

  /** What stands in fields and is in the draft not yet. */
  #typed(): { name: string; fid: number; column: Column; read: Read; w: Working | undefined }[] {
    return [...(this.sync?.typed ?? [])].flatMap(([name, text]) => {
      const dot = name.indexOf('.')
      const fid = Number(name.slice(0, dot))
      const column = this.info?.columns.find((c) => c.name === name.slice(dot + 1))
      const w = this.steps.now.get(fid) ?? (fid === this.fid ? this.working : undefined)
      return column ? [{ name, fid, column, read: readValue(column, text, locale()), w }] : []
    })
  }

  /** Fields with something that would be handed in without: it cannot be read, or its feature is not open. */
  readonly unread = $derived(this.#typed().filter(({ read, w }) => 'wrong' in read || !w))

  /** Their columns, by feature. */
  readonly unreadNames = $derived.by(() => {
    const names = new Map<number, string[]>()
    for (const { fid, column } of this.unread) names.set(fid, [...(names.get(fid) ?? []), columnName(column)])
    return names
  })

  /** Takes what was typed whole and never left its field, as when the page was closed over it. */
  #takeTyped(): void {
    for (const { name, column, read, w } of this.#typed()) {
      if ('wrong' in read || !w?.after) continue
      this.sync?.typed.delete(name)
      this.#commit(put(this.steps.now, { ...w, after: { ...w.after, properties: { ...w.after.properties, [column.name]: read.value } } }))
    }
  }

  /** The features that cannot be handed in as they are. */
  readonly stuck = $derived.by(() => {
    const held = [...this.steps.now.values()].filter((w) => this.sync?.refused.has(w.fid) || !this.ready(w))
    return new Set([...held.map((w) => w.fid), ...this.unreadNames.keys()])
  })

  ready = (w: Working): boolean => w.op !== 'insert' || (w.after?.geometry != null && this.missing(w).length === 0)

  missing = (w: Working): Column[] => missing(this.info?.columns ?? [], w)

  #working(): Working | undefined {
    if (this.fid === undefined) return undefined
    const held = this.steps.now.get(this.fid)
    if (held || this.base?.fid !== this.fid) return held
    const now: Version = { properties: this.base.properties, geometry: this.base.geometry }
    return { fid: this.fid, op: 'update', baseVersion: this.base.rowVersion, before: now, after: now }
  }

  nameOf(w: Working): string {
    const name = this.entry ? featureName(this.entry, (w.after ?? w.before)?.properties ?? {}, String(w.fid)) : ''
    return w.op === 'insert' && name.startsWith('#') ? m.edit_new_feature() : name
  }

  nameNumbered(fid: number): string {
    const w = this.steps.now.get(fid) ?? (this.fid === fid ? this.working : undefined)
    return w ? this.nameOf(w) : `#${fid}`
  }

  /** Opens a feature of the layer, as it is now or as the draft has it. */
  async choose(fid: number | undefined): Promise<void> {
    if (fid === this.fid) return
    this.#forget()
    this.said = ''
    this.fid = fid
    this.opened++
    if (fid !== undefined && fid > 0 && !this.steps.now.has(fid)) await this.readBase()
  }

  async readBase(): Promise<void> {
    const { fid, layer } = this
    if (fid === undefined || fid < 0 || this.steps.now.get(fid)?.op === 'insert') return
    this.baseProblem = undefined
    try {
      const base = await readFeature(layer, fid)
      if (this.fid === fid) this.base = base
    } catch (cause) {
      if (this.fid === fid && !this.working) this.baseProblem = asProblem(cause)
    }
  }

  use(tool: EditTool): void {
    this.tool = tool
    this.#lines = begin([])
    this.caught = this.vertex = undefined
    this.said = ''
    if (tool === 'draw') page.choose([])
  }

  #commit(d: Draft, said = ''): void {
    this.steps = step(this.steps, d)
    this.said = said
    this.sync?.changed()
  }

  /** What is drawn so far. It has steps of its own: who gives it up by mistake has it again. */
  get line(): readonly Position[] {
    return this.#lines.now
  }

  set line(points: readonly Position[]) {
    this.#lines = step(this.#lines, points)
  }

  readonly undoable = $derived(this.#lines.past.length > 0 || this.steps.past.length > 0)
  readonly redoable = $derived(this.#lines.future.length > 0 || this.steps.future.length > 0)

  undo(): void {
    if (this.#lines.past.length) this.#lines = undo(this.#lines)
    else this.#moveTo(undo(this.steps))
  }

  redo(): void {
    if (this.#lines.future.length) this.#lines = redo(this.#lines)
    else this.#moveTo(redo(this.steps))
  }

  #moveTo(steps: Steps<Draft>): void {
    const was = this.steps.now
    for (const fid of new Set([...was.keys(), ...steps.now.keys()])) if (was.get(fid) !== steps.now.get(fid)) this.sync?.untype(fid)
    this.steps = steps
    this.vertex = undefined
    this.#atBase()
    this.sync?.changed()
  }

  /** Shows a feature that is in the draft no longer as it is; one that only the draft had is gone. */
  #atBase(): void {
    if (this.working || this.fid === undefined) return
    if (this.fid < 0 || this.#made.has(this.fid)) this.#leave()
    else void this.readBase()
  }

  /** One column of the open feature. */
  setValue(column: string, value: unknown): void {
    const w = this.working
    if (!w?.after) return
    // What was said of its shape stays: a line that goes away moves what is clicked next.
    this.#commit(put(this.steps.now, { ...w, after: { ...w.after, properties: { ...w.after.properties, [column]: value } } }), this.said)
  }

  setShape(s: Shape | undefined): void {
    const w = this.working
    if (!w?.after || !s) return
    this.#commit(put(this.steps.now, { ...w, after: { ...w.after, geometry: putTogether(s) } }))
  }

  /** Whether a feature is the open one, also when the server has numbered it meanwhile. */
  isOpen = (fid: number | undefined): boolean => fid !== undefined && (this.#numbers.get(fid) ?? fid) === this.fid

  /** Learns the very place that a vertex was let go on; whatever has been moved since stays as it is. */
  refine(fid: number, at: Place, from: Position, to: Position): void {
    this.steps = mapped(this.steps, refined(this.#numbers.get(fid) ?? fid, at, from, to))
    this.sync?.changed()
  }

  moveTo(to: Position): void {
    if (this.vertex && this.shape) this.setShape(moveVertex(this.shape, this.vertex, to))
  }

  addAfter(p: Position): void {
    if (!this.vertex || !this.shape) return
    const at = { ...this.vertex, i: this.vertex.i + 1 }
    this.setShape(insertVertex(this.shape, this.vertex, p))
    this.vertex = at
  }

  removeVertex(): void {
    if (!this.vertex || !this.shape) return
    const less = removeVertex(this.shape, this.vertex)
    if (!less) return void (this.said = m.edit_vertex_last())
    this.setShape(less)
    this.vertex = undefined
  }

  /** Deletes the open feature; one that the draft made is only forgotten. */
  remove(): void {
    const w = this.working
    if (!w) return
    this.sync?.untype(w.fid)
    this.#commit(put(this.steps.now, { ...w, op: 'delete', after: null }))
    this.#atBase()
  }

  #leave(): void {
    this.#forget()
    page.choose([])
  }

  /** Takes the edit of one feature out of the draft. */
  takeBack(fid: number): void {
    this.sync?.untype(fid)
    this.#commit(without(this.steps.now, fid))
    this.sync?.refused.delete(fid)
    if (fid === this.fid) this.#atBase()
  }

  #insert(shape: Shape, properties: Version['properties']): Working {
    return { fid: --this.#lastNew, op: 'insert', baseVersion: null, before: null, after: { properties, geometry: putTogether(shape) } }
  }

  /** One more point of the line in hand; in a layer of points it is the feature. */
  addPoint(p: Position): void {
    this.line = [...this.line, p]
    if (this.tool === 'draw' && isPoints({ type: this.info?.geometry ?? '' })) this.finishLine()
  }

  /** Points that the line in hand needs. */
  readonly fewest = $derived(this.tool === 'split' ? 2 : fewestOf(this.info?.geometry ?? ''))

  /** Ends what is being drawn: a new feature, or a line to split by. */
  finishLine(closed = false): void {
    if (this.tool === 'draw') this.#finishDrawing(closed)
    else if (this.tool === 'split') this.#finishSplit()
  }

  #finishDrawing(closed: boolean): void {
    const shape = drawn(this.info?.geometry ?? '', this.line, closed)
    if (!shape) return void (this.said = m.edit_too_few())
    const made = this.#insert(shape, {})
    this.#commit(put(this.steps.now, made))
    this.use('vertex')
    void this.choose(made.fid)
  }

  #finishSplit(): void {
    const w = this.working
    if (!w?.after || !this.shape || this.line.length < 2) return
    const pieces = split(this.shape, this.line, this.frame?.units(0.01))
    if (pieces === 'misses') return void (this.said = m.edit_split_misses())
    if (pieces === 'ends inside') return void (this.said = m.edit_split_inside())
    this.#lines = begin([]) // what did not divide stays, to be drawn on
    const after = w.after
    let d = put(this.steps.now, { ...w, after: { ...after, geometry: putTogether(pieces.whole) } })
    for (const off of pieces.off) d = put(d, this.#insert(off, inherited(this.info?.columns ?? [], this.entry?.key.at(-1), after)))
    this.#commit(d)
    this.tool = 'vertex'
    this.said = m.edit_split_done({ n: pieces.off.length + 1 })
  }

  /** The open feature takes a neighbour in, which is deleted; not when another has been opened while the neighbour was read. */
  async mergeWith(fid: number): Promise<void> {
    const { fid: mine, layer } = this
    if (fid === mine) return
    const read = await this.#versionOf(fid)
    const now = this.steps.now.get(fid) ?? read
    const taken = now?.op === 'delete' // by the first of two clicks
    if (this.layer === layer && this.isOpen(mine) && !taken) this.#take(now)
  }

  #take(other: Working | undefined): void {
    const w = this.working
    if (!w?.after || !this.shape) return
    const shape = other?.after?.geometry && takeApart(other.after.geometry)
    const both = shape && merge(this.shape, shape, this.frame?.units(0.02))
    if (!both || !other) return void (this.said = m.edit_merge_apart())
    const kept = this.info && /^Polygon$/i.test(this.info.geometry) && both.parts.length > 1 ? undefined : both
    if (!kept) return void (this.said = m.edit_merge_apart())
    const merged = put(this.steps.now, { ...w, after: { ...w.after, geometry: putTogether(kept) } })
    this.#commit(put(merged, { ...other, op: 'delete', after: null }))
    this.tool = 'vertex'
    this.said = m.edit_merge_done({ name: this.nameOf(other) })
  }

  async #versionOf(fid: number): Promise<Working | undefined> {
    const held = this.steps.now.get(fid)
    if (held) return held
    try {
      const now = await readFeature(this.layer, fid)
      const version: Version = { properties: now.properties, geometry: now.geometry }
      return { fid, op: 'update', baseVersion: now.rowVersion, before: version, after: version }
    } catch {
      return undefined
    }
  }

  /** Those of the layer's features that neither are open nor in the draft. */
  apart = (all: readonly Neighbour[]): readonly Neighbour[] => all.filter((n) => n.fid !== this.fid && !this.steps.now.has(n.fid))

  /** The features around as the draft has them, without the open one. */
  around(): readonly Neighbour[] {
    const d = this.steps.now
    const there = this.apart(this.neighbours?.list ?? [])
    const held = [...d.values()].filter((w) => w.fid !== this.fid && w.after?.geometry)
    return [...there, ...held.flatMap((w) => { const shape = takeApart(w.after!.geometry!); return shape ? [{ fid: w.fid, shape }] : [] })]
  }

  readonly areas = $derived(this.shape ? isArea(this.shape) : /polygon/i.test(this.info?.geometry ?? ''))

  /** Why nothing can be snapped to now, in words. */
  readonly deaf = $derived(!this.snapping ? '' : this.far ? m.edit_snap_closer() : this.alone ? m.edit_snap_unread() : '')

  /** Whether a tool can be taken up: some need an open area. */
  can(tool: EditTool): boolean {
    if (!this.frame || !this.sync) return false
    return tool === 'vertex' || tool === 'draw' || (this.areas && this.working?.after != null)
  }

  async rename(title: string): Promise<boolean> {
    const c = this.sync?.changeset
    if (!c || c.title === title) return true
    return this.#server(async () => { this.sync!.changeset = { ...(await nameChangeset(c, title)), edits: c.edits } })
  }

  /** Looks for problems of shapes; what was found counts until the next change. */
  async check(): Promise<void> {
    if (!(await this.sync?.flush())) return void (this.said = this.sync?.problem ? '' : m.edit_check_stuck())
    if (!this.sync?.changeset) return
    const ok = await this.#server(async () => { await act(this.sync!.changeset!, 'check') }, true)
    this.#checkedAt = ok ? (this.sync.changeset?.etag ?? '') : ''
  }

  /** Hands the draft in; what became of it, undefined when it stays a draft. */
  async submit(title: string, note: string): Promise<Changeset | undefined> {
    this.#takeTyped()
    if (!(await this.sync?.flush())) return undefined
    let done: Changeset | undefined
    if (this.sync?.changeset && (await this.rename(title))) await this.#server(async () => { done = await act(this.sync!.changeset!, 'submit', note) })
    done ??= this.#arrivedAnyway()
    if (done) await this.#afresh()
    return done
  }

  /** The draft that was handed in although the answer was lost. */
  #arrivedAnyway(): Changeset | undefined {
    const c = this.sync?.ended
    return c && this.steps.now.size === 0 && ['submitted', 'approved', 'applied'].includes(c.state) ? c : undefined
  }

  /** Throws the draft away; the server keeps it as dropped. */
  async drop(): Promise<void> {
    if (this.sync?.changeset && !(await this.#server(async () => { await act(this.sync!.changeset!, 'drop') }))) return
    await this.#afresh()
  }

  async #afresh(): Promise<void> {
    const { layer } = this
    this.adopt(new Map())
    if (this.sync) {
      this.sync.forget()
      this.sync.typed.clear()
      this.sync.remember()
    }
    page.choose([])
    if (page.draft) page.editLayer(layer) // that opens it
    else await this.open(layer)
  }

  /** now is the version of the feature that the person looked at. */
  async settle(fid: number, now: number | null, take: Record<string, Side>): Promise<boolean> {
    if (!(await this.sync?.flush())) return false
    return this.#server(async () => { await resolve(this.sync!.changeset!, fid, now, take) }, true)
  }

  async #reloaded(): Promise<void> {
    await this.sync?.reload()
    this.#atBase()
  }

  /** Does something at the server; what it refuses stands in the problem of the draft. */
  async #server(what: () => Promise<void>, reread = false): Promise<boolean> {
    this.busy = true
    try {
      await what()
      if (reread) await this.#reloaded()
      return true
    } catch (cause) {
      await this.#reloaded().catch(() => {})
      if (this.sync) this.sync.problem = asProblem(cause)
      return false
    } finally {
      this.busy = false
    }
  }
}

export const editing = new Editing()
