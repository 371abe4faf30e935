// Keeps the server's draft the same as the one in this browser: what differs is sent,
// one feature after another, and sent again until it has arrived. Nothing waits for it.
import { SvelteMap } from 'svelte/reactivity'
import { Problem } from '../../lib/api'
import * as api from './api'
import type { Changeset } from './contract'
import { arrived, callFor, fromServer, overlaid, put, renumbered, without, type Draft, type Working } from './draft'
import { keep, kept } from './store'

const retryMs = 5000
const restMs = 250 // so that a burst of steps is sent once

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
  readonly typed = new SvelteMap<string, string>()
  #tried = new Map<number, Working | undefined>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> | undefined
  #stale = false // the server's copy may be newer than we know
  #stopped: Promise<void> | undefined
  #online = () => this.soon(0)

  constructor(
    readonly account: string,
    readonly layer: string,
    private owner: Owner,
  ) {}

  /** The draft as it was left: what the server has under what it never got. */
  async start(id: number | undefined): Promise<Draft> {
    const k = kept(this.account, this.layer)
    for (const [name, text] of k.typed) this.typed.set(name, text)
    if (id) this.#take(await api.readChangeset(id, 'storage'))
    const unsent = new Map(k.unsent.map(([fid, w]) => [fid, w ?? undefined] as const).filter(([fid, w]) => w || this.server.has(fid)))
    if (k.changeset && id && k.changeset !== id) for (const [fid, w] of unsent) if (!w) unsent.delete(fid)
    return overlaid(this.server, unsent)
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
    const unsent = this.differing().map((fid): [number, Working | null] => [fid, mine.get(fid) ?? null])
    this.fragile = !keep(this.account, this.layer, { changeset: this.changeset?.id ?? 0, unsent, typed: [...this.typed] })
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
      if (this.#stale) await this.#reread()
      for (let fid = this.#next(); fid !== undefined; fid = this.#next()) await this.#sendOne(fid)
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
      return !this.refused.has(fid) || this.#tried.get(fid) !== w
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
      if (!(cause instanceof Problem) || ![403, 404, 413, 422].includes(cause.status)) throw cause
      this.refused.set(fid, cause)
    }
  }

  async #put(fid: number, mine: Working): Promise<void> {
    const edit = callFor(fid, mine, this.server.get(fid))?.edit
    if (!edit) return
    const { changeset, fid: given } = await api.putEdit(this.changeset!, edit)
    this.#learn(changeset)
    if (given !== fid) this.#number(fid, given)
    this.server = put(this.server, { ...mine, fid: given })
  }

  #number(from: number, to: number): void {
    this.owner.number(from, to)
    this.#tried.delete(from)
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

  /** Somebody, or this person elsewhere, has changed the draft: what was not touched here is taken over. */
  async #reread(): Promise<void> {
    if (!this.changeset) return void (this.#stale = false)
    const known = this.server
    const differing = new Set(this.differing())
    this.#take(await api.readChangeset(this.changeset.id, 'storage'))
    for (const [fid, w] of this.owner.draft()) {
      const there = fid < 0 ? arrived(w, this.server, known) : undefined
      if (there !== undefined) this.#number(fid, there)
    }
    const d = this.owner.draft()
    const unsent = [...d.keys(), ...differing].filter((fid) => fid < 0 ? d.has(fid) : differing.has(fid))
    this.owner.adopt(overlaid(this.server, new Map(unsent.map((fid) => [fid, d.get(fid)] as const))))
  }

  /** Reads the draft again, after something was settled or submitted. */
  async reload(): Promise<void> {
    this.#stale = true
    await this.flush()
  }
}
