// Keeps the server's draft the same as the one in this browser: what differs is sent,
// one feature after another, and sent again until it has arrived. Nothing waits for it.
import { SvelteMap } from 'svelte/reactivity'
import { Problem } from '../../lib/api'
import * as api from './api'
import type { Changeset, Sent } from './contract'
import { arrived, callFor, fromServer, put, renumbered, same, unnumbered, without, type Draft, type Working } from './draft'
import { joined, joinedOne, since, sinceOne } from './joining'
import { forget, keep, kept, placeOf, tabName, type Kept } from './store'

const retryMs = 5000
const restMs = 250 // so that a burst of steps is sent once
const ofOne = [400, 403, 404, 409, 413, 422, 428] // refusals that may concern one feature alone

export interface Owner {
  draft(): Draft
  /** The draft is another by now: what could be undone no longer fits. */
  adopt(d: Draft): void
  /** A new feature has its number. */
  number(from: number, to: number): void
  /** Whether a feature can be sent yet. */
  ready(w: Working): boolean
  title(): string
}

/** The draft as its person left it. What they go on with is no business of it any more. */
function left(owner: Owner): Owner {
  let now = owner.draft()
  const title = owner.title()
  const ready = new Set([...now.values()].filter((w) => owner.ready(w)).map((w) => w.fid))
  return {
    draft: () => now, title: () => title, ready: (w) => ready.has(w.fid),
    adopt: (d) => (now = d),
    number(from, to) {
      now = renumbered(now, from, to)
      if (ready.has(from)) ready.add(to)
    },
  }
}

/** The name of a field, "fid.column", under the feature's other number. */
function renamed(name: string, numbers: ReadonlyMap<number, number>): string {
  const dot = name.indexOf('.')
  return `${numbers.get(Number(name.slice(0, dot))) ?? name.slice(0, dot)}${name.slice(dot)}`
}

export class Sync {
  changeset = $state.raw<Changeset | undefined>()
  server = $state.raw<Draft>(new Map())
  state = $state<'saved' | 'saving' | 'waiting'>('saved')
  savedAt = $state(0)
  /** The browser could not keep it: the page should not be closed before it is sent. */
  fragile = $state(false)
  /** What the server refuses, until it is changed. */
  readonly refused = new SvelteMap<number, Problem>()
  problem = $state.raw<Problem | undefined>() // of the draft as a whole
  /** What was the draft here until it was handed in or dropped elsewhere. */
  ended = $state.raw<Changeset | undefined>()
  readonly typed = new SvelteMap<string, string>()
  #tried = new Map<number, Working | undefined>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> | undefined
  #stale = false // the server's copy may be newer than we know
  #stopped: Promise<void> | undefined
  #tab = ''
  #place = '' // where this tab keeps what is not sent
  #taken: string[] = [] // places whose content is ours by now
  #online = () => this.soon(0)

  constructor(
    readonly account: string,
    readonly layer: string,
    private owner: Owner,
    private readonly tab: Promise<string> = tabName(),
  ) {}

  /** The draft as it was left: what the server has, and what it never got. open: all drafts that may be gone on with. */
  async start(id: number | undefined, open: readonly number[] = []): Promise<Draft> {
    this.#tab = await this.tab
    if (id) this.#take(await api.readChangeset(id, 'storage'))
    const list = await kept(this.account, this.layer, this.#tab)
    let d = this.server
    for (const [place, k] of list) {
      if (k.changeset !== id && open.includes(k.changeset)) continue // it waits until that draft is opened
      this.#taken.push(place)
      d = this.#withKept(d, k)
    }
    return d
  }

  #withKept(d: Draft, k: Kept): Draft {
    const next = new Map(d)
    const numbers = new Map<number, number>()
    for (const [fid, mine, known] of k.unsent) {
      const is = mine && fid < 0 ? (arrived(mine, this.server, new Map()) ?? Math.min(-1, ...[...next.keys()].map((n) => n - 1))) : fid
      numbers.set(fid, is)
      const w = mine ? { ...mine, fid: is } : undefined
      const all = k.changeset === (this.changeset?.id ?? 0)
      const whole = all ? joinedOne(known ?? undefined, w, next.get(is)) : joinedOne(undefined, sinceOne(known ?? undefined, w), next.get(is))
      if (whole) next.set(is, whole)
      else next.delete(is)
    }
    for (const [name, text] of k.typed) this.typed.set(renamed(name, numbers), text)
    return next
  }

  /** From now on the server's copy follows. */
  go(): void {
    addEventListener('online', this.#online)
    this.changed()
  }

  /** Sends once more what is there now, and then never again; what cannot be sent waits in the browser. */
  stop(): Promise<void> {
    if (this.#stopped) return this.#stopped
    removeEventListener('online', this.#online)
    this.owner = left(this.owner)
    this.remember()
    const last = this.flush()
    return (this.#stopped = last.then(() => undefined))
  }

  /** The features of which the server does not have what is wanted. */
  differing(): number[] {
    const mine = this.owner.draft()
    return [...new Set([...mine.keys(), ...this.server.keys()])].filter((fid) => callFor(fid, mine.get(fid), this.server.get(fid)))
  }

  /** Something has changed here: it is kept at once and sent soon. */
  changed(): void {
    this.remember()
    if (this.differing().length) this.state = 'saving'
    this.soon(restMs)
  }

  remember(): void {
    const mine = this.owner.draft()
    const unsent = this.differing().map((fid): Kept['unsent'][number] => [fid, mine.get(fid) ?? null, this.server.get(fid) ?? null])
    const changeset = this.changeset?.id ?? 0
    const place = placeOf(this.account, this.layer, changeset, this.#tab)
    this.fragile = !keep(place, { changeset, unsent, typed: [...this.typed] })
    if (this.fragile) return
    for (const old of [...this.#taken, this.#place]) if (old !== place) forget(old)
    this.#taken = []
    this.#place = place
  }

  /** The layer or the draft has changed elsewhere: there may be conflicts by now. */
  news(): void {
    if (!this.changeset) return
    this.#stale = true
    this.soon(1000)
  }

  soon(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.flush(), ms)
  }

  /** Sends all there is to send; done when it has arrived, or cannot now. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer)
    if (this.#stopped) return false
    while (this.#running) await this.#running
    this.#running = this.#send().finally(() => (this.#running = undefined))
    await this.#running
    return this.differing().length === 0
  }

  async #send(): Promise<void> {
    try {
      for (;;) {
        if (this.#stale) await this.#reread()
        const fid = this.#next()
        if (fid === undefined) break
        await this.#sendOne(fid)
      }
      this.state = this.differing().length ? 'waiting' : 'saved'
      this.problem = undefined
    } catch (cause) {
      this.#failed(cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))
    }
    this.remember()
  }

  #failed(p: Problem): void {
    this.state = 'waiting'
    if (p.status === 412 || p.status === 0) this.#stale = true
    if (p.status === 412) return this.soon(restMs)
    if (p.status === 0 || p.status === 429 || p.status >= 500) this.soon(Math.max(retryMs, p.retryAfterS * 1000))
    this.problem = p
  }

  /** The next feature to send: not one that was refused as it is. */
  #next(): number | undefined {
    const mine = this.owner.draft()
    return this.differing().find((fid) => {
      const w = mine.get(fid)
      if (w && !this.owner.ready(w)) return false
      const tried = this.#tried.get(fid)
      return !this.refused.has(fid) || !(w === tried || (w && tried && same(w, tried)))
    })
  }

  async #sendOne(fid: number): Promise<void> {
    const mine = this.owner.draft().get(fid)
    const call = callFor(fid, mine, this.server.get(fid))
    if (!call) return
    this.#tried.set(fid, mine)
    this.changeset ??= await api.beginChangeset(this.layer, this.owner.title())
    try {
      if (call.takeOut) {
        this.#learn(await api.takeOut(this.changeset, fid))
        this.server = without(this.server, fid)
      }
      if (call.edit) await this.#put(fid, mine!)
      this.refused.delete(fid)
      this.savedAt = Date.now()
    } catch (cause) {
      if (!(cause instanceof Problem) || !ofOne.includes(cause.status)) throw cause
      this.refused.set(fid, cause)
      if (cause.status === 409) this.#stale = true // or it is a draft no more
    }
  }

  async #put(fid: number, mine: Working): Promise<void> {
    const edit = callFor(fid, mine, this.server.get(fid))?.edit
    if (!edit) return
    const { changeset, fid: given } = await this.#putAgain(edit)
    this.#learn(changeset)
    if (given !== fid) this.#number(fid, given)
    this.server = put(this.server, { ...mine, fid: given })
  }

  /** A new feature that was taken out has lost its number; only one that was in the layer once gets its own again. */
  async #putAgain(edit: Sent): Promise<{ changeset: Changeset; fid: number }> {
    try {
      return await api.putEdit(this.changeset!, edit)
    } catch (cause) {
      if (edit.op !== 'insert' || !edit.fid || !(cause instanceof Problem) || cause.status !== 404) throw cause
      return api.putEdit(this.changeset!, unnumbered(edit))
    }
  }

  #number(from: number, to: number): void {
    this.owner.number(from, to)
    this.#tried.delete(from)
    this.refused.delete(from)
    const numbers = new Map([[from, to]])
    for (const [name, text] of [...this.typed]) {
      const now = renamed(name, numbers)
      if (now === name) continue
      this.typed.delete(name)
      this.typed.set(now, text)
    }
  }

  /** What was typed of a feature and cannot be read is forgotten with what was done to it. */
  untype(fid: number): void {
    for (const name of [...this.typed.keys()]) if (name.startsWith(`${fid}.`)) this.typed.delete(name)
  }

  /** What the server says of the draft as a whole; edits are known already, and may come in other coordinates. */
  #learn(c: Changeset): void {
    const conflicts = new Map(c.edits.map((e) => [e.fid, e.conflicts]))
    const edits = (this.changeset?.edits ?? []).map((e) => ({ ...e, conflicts: conflicts.get(e.fid) ?? e.conflicts }))
    const added = c.edits.filter((e) => !edits.some((old) => old.fid === e.fid))
    this.changeset = { ...c, edits: [...edits.filter((e) => conflicts.has(e.fid) || c.edits.length >= 500), ...added] }
  }

  #take(c: Changeset): void {
    this.changeset = c
    this.server = fromServer(c.edits)
    this.#stale = false
  }

  /** Somebody, or this person elsewhere, has changed the draft: what was done here and there is joined. */
  async #reread(): Promise<void> {
    if (!this.changeset) return void (this.#stale = false)
    const known = this.server
    const now = await api.readChangeset(this.changeset.id, 'storage')
    if (now.state !== 'draft') return this.#end(now)
    this.#take(now)
    for (const [fid, w] of this.owner.draft()) {
      const there = arrived(w, this.server, known)
      if (there !== undefined) this.#number(fid, there)
    }
    this.owner.adopt(joined(known, this.owner.draft(), this.server))
  }

  /** It was handed in or dropped elsewhere: what was done here since goes into a draft of its own. */
  #end(c: Changeset): void {
    const rest = since(this.server, this.owner.draft())
    this.ended = c
    this.forget()
    this.owner.adopt(rest)
  }

  /** Begins with nothing at the server. */
  forget(): void {
    this.changeset = undefined
    this.server = new Map()
    this.#stale = false
    this.refused.clear()
    this.#tried.clear()
  }

  /** Reads the draft again, after something was settled or submitted. */
  async reload(): Promise<void> {
    this.#stale = true
    await this.flush()
  }
}
