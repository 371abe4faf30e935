import { beforeEach, expect, test, vi } from 'vitest'
import { renumbered, type Draft, type Working } from './draft'
import { server } from './pretended'
import { Sync, type Owner } from './sync.svelte'

vi.mock('./api', async () => (await import('./pretended')).api)

const point = (x: number) => ({ type: 'Point' as const, coordinates: [x, 1] })
const base = { properties: { a: 1, b: 'x' } as Record<string, unknown>, geometry: point(1) }
const edit = (fid: number, after: Record<string, unknown>): Working => ({ fid, op: 'update', baseVersion: 3, before: base, after: { properties: { ...base.properties, ...after }, geometry: point(1) } })
const fresh = (fid: number, a = 5): Working => ({ fid, op: 'insert', baseVersion: null, before: null, after: { properties: { a }, geometry: point(9) } })
const drafted = (...list: Working[]): Draft => new Map(list.map((w) => [w.fid, w]))

class Person implements Owner {
  now: Draft = new Map()
  draft = () => this.now
  adopt = (d: Draft) => void (this.now = d)
  number = (from: number, to: number) => void (this.now = renumbered(this.now, from, to))
  ready = () => true
  title = () => 'why'
}

/** A browser's storage. */
function storage(): Storage {
  const held = new Map<string, string>()
  return {
    get length() { return held.size },
    key: (i) => [...held.keys()][i] ?? null, getItem: (k) => held.get(k) ?? null,
    setItem: (k, v) => void held.set(k, v), removeItem: (k) => void held.delete(k), clear: () => held.clear(),
  }
}

async function opened(who: Person, id?: number): Promise<Sync> {
  const sync = new Sync('an', 'parcel', who)
  who.now = await sync.start(id)
  sync.go()
  await sync.flush()
  return sync
}

/** Does something while a call is on its way, and lets the call go on. */
async function during(call: string, what: () => void): Promise<void> {
  let arrived = () => {}
  const there = new Promise<void>((go) => (arrived = go))
  let on = () => {}
  const wait = new Promise<void>((go) => (on = go))
  server.hinder = (c) => (c.startsWith(call) ? (arrived(), wait) : undefined)
  await there
  server.hinder = () => {}
  what()
  on()
}

const attributes = (id: number, fid: number) => server.held.get(id)!.edits.get(fid)?.after?.properties

beforeEach(() => {
  server.reset()
  for (let fid = 7; fid < 12; fid++) server.features.set(fid, base)
  vi.stubGlobal('localStorage', storage())
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('removeEventListener', () => {})
})

test('who leaves while it is being sent leaves all of it at the server', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(edit(7, { a: 2 }), edit(8, { a: 3 }), fresh(-1))
  const sent = sync.flush()
  let left: Promise<void> | undefined
  await during('put 27 8', () => {
    left = sync.stop()
    me.now = new Map() // the page is at another layer by now
  })
  await Promise.all([sent, left])
  expect([...server.held.get(27)!.edits.keys()]).toEqual([7, 8, 50])
  expect(server.calls.filter((c) => c.startsWith('take out'))).toEqual([])
  expect(localStorage.length).toBe(0)
})

test('after leaving nothing is sent any more, and what could not be sent waits here', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(edit(7, { a: 2 }))
  server.hinder = () => Promise.reject(new TypeError('no network'))
  await sync.stop()
  server.hinder = () => {}
  me.now = drafted(edit(9, { a: 9 })) // of another layer
  sync.soon(0)
  await sync.flush()
  expect(server.held.size).toBe(0)
  await opened(me)
  expect(attributes(27, 7)).toEqual({ a: 2, b: 'x' })
  expect(attributes(27, 9)).toBeUndefined()
})

test('a draft that could not be opened listens to nothing', async () => {
  const heard: string[] = []
  vi.stubGlobal('addEventListener', (what: string) => heard.push(what))
  server.hinder = () => Promise.reject(new TypeError('no network'))
  await expect(new Sync('an', 'parcel', new Person()).start(27)).rejects.toThrow()
  expect(heard).toEqual([])
})
