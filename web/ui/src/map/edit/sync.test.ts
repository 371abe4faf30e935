import { beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '../../lib/api'
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

/** A tab in which a person opens the layer. */
async function opened(who: Person, id?: number, tab = 'one'): Promise<Sync> {
  const sync = new Sync('an', 'parcel', who, Promise.resolve(tab))
  who.now = await sync.start(id, [...server.held.values()].filter((c) => c.state === 'draft').map((c) => c.id))
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

const openTabs = (...names: string[]) => vi.stubGlobal('navigator', { locks: { query: async () => ({ held: names.map((n) => ({ name: `haidang-tab:${n}` })) }) } })

beforeEach(() => {
  openTabs()
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
  await expect(new Sync('an', 'parcel', new Person(), Promise.resolve('one')).start(27)).rejects.toThrow()
  expect(heard).toEqual([])
})

test('two tabs at one feature: each keeps what the other did, and takes back only its own', async () => {
  const [one, two] = [new Person(), new Person()]
  const first = await opened(one)
  one.now = drafted(edit(7, { b: 'y' }))
  await first.flush()
  const second = await opened(two, 27, 'two')
  two.now = drafted(edit(7, { b: 'y', a: 2 }))
  await second.flush()
  one.now = drafted(edit(8, { a: 3 })) // what was done to 7 is undone here
  await first.flush()
  await first.flush()
  expect([attributes(27, 7), attributes(27, 8)]).toEqual([{ a: 2, b: 'x' }, { a: 3, b: 'x' }])
  expect([...one.now.keys()]).toEqual([7, 8])
})

test('what is done while the draft is being read again stays', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(edit(7, { a: 2 }))
  await sync.flush()
  sync.news()
  const read = during('read', () => (me.now = drafted(edit(7, { a: 2 }), edit(8, { a: 3 }))))
  await Promise.all([read, sync.flush()])
  expect(attributes(27, 8)).toEqual({ a: 3, b: 'x' })
})

test('each tab keeps its own in the browser; only what a tab that is gone has left is taken over', async () => {
  server.hinder = (call) => (call.startsWith('put') ? Promise.reject(new TypeError('no network')) : undefined)
  const [one, two] = [new Person(), new Person()]
  const [first, second] = [await opened(one, server.begin('parcel').id), await opened(two, 27, 'two')]
  one.now = drafted(edit(7, { a: 2 }))
  two.now = drafted(edit(8, { a: 3 }))
  await Promise.all([first.stop(), second.stop()])
  server.hinder = () => {}
  openTabs('two')
  const three = new Person()
  await (await opened(three, 27, 'three')).stop()
  expect([...server.held.get(27)!.edits.keys()]).toEqual([7])
  openTabs()
  await opened(new Person(), 27, 'four')
  expect([...server.held.get(27)!.edits.keys()]).toEqual([7, 8])
  expect(localStorage.length).toBe(0)
})

test('what was not sent of one draft does not get into another', async () => {
  const [older, newer] = [server.begin('parcel').id, server.begin('parcel').id]
  const me = new Person()
  const sync = await opened(me, older)
  me.now = drafted(edit(7, { a: 2 }))
  server.hinder = () => Promise.reject(new TypeError('no network'))
  await sync.stop()
  server.hinder = () => {}
  await (await opened(me, newer)).stop()
  expect(server.held.get(newer)!.edits.size).toBe(0)
  await opened(me, older)
  expect(attributes(older, 7)).toEqual({ a: 2, b: 'x' })
})

test('a new feature that was undone and done again is sent as a new one, with what is typed in it', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(fresh(-1))
  sync.typed.set('-1.area', '12a')
  await sync.flush()
  expect([...sync.typed]).toEqual([['50.area', '12a']])
  const done = me.now
  me.now = new Map()
  await sync.flush()
  me.now = done
  expect(await sync.flush()).toBe(true)
  expect([...server.held.get(27)!.edits.keys()]).toEqual([51])
  expect([...me.now.keys()]).toEqual([51])
})

test('an answer that was lost with the page makes no second feature', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(fresh(-1))
  const put = server.put.bind(server)
  server.put = (c, e) => { put(c, e); throw new TypeError('no network') }
  await sync.stop()
  server.put = put
  await opened(me, 27)
  expect([...server.held.get(27)!.edits.keys()]).toEqual([50])
})

test('a draft that was handed in elsewhere is told of, and what was done since goes into a new one', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(edit(7, { a: 2 }), edit(8, { a: 2 }))
  await sync.flush()
  server.held.get(27)!.state = 'submitted'
  me.now = drafted(edit(7, { a: 2, b: 'z' }), edit(8, { a: 2 }), edit(9, { a: 4 }))
  expect(await sync.flush()).toBe(true)
  expect(sync.ended).toMatchObject({ id: 27, state: 'submitted' })
  expect([...server.held.get(28)!.edits.values()].map((e) => [e.fid, e.after!.properties])).toEqual([[7, { a: 1, b: 'z' }], [9, { a: 4, b: 'x' }]])
})

test('a feature that is refused does not hold up the others', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(edit(7, { a: 2 }), edit(8, { a: 3 }))
  server.hinder = (call) => { if (call === 'put 27 7') throw new Problem(409, 'there_already', '') }
  expect(await sync.flush()).toBe(false)
  expect([...server.held.get(27)!.edits.keys()]).toEqual([8])
  expect([...sync.refused.keys()]).toEqual([7])
})

test('a new feature that was handed in meanwhile is gone on with as one of the layer', async () => {
  const me = new Person()
  const sync = await opened(me)
  me.now = drafted(fresh(-1))
  await sync.flush()
  server.held.get(27)!.state = 'applied'
  me.now = drafted(fresh(50, 6))
  expect(await sync.flush()).toBe(true)
  expect(server.held.get(28)!.edits.get(50)).toMatchObject({ op: 'update', baseVersion: 1, after: { properties: { a: 6 } } })
})
