import { expect, test } from 'vitest'
import { chooseAll, contested, isSettled, kindOf, taken } from './conflicts'
import type { Conflict, EditView } from './contract'
import { arrived, callFor, changedIn, fromServer, put, renumbered, type Draft, type Working } from './draft'
import { readValue, typedValue } from './reading'
import { begin, mapped, redo, step, undo } from './steps'

const point = (x: number) => ({ type: 'Point' as const, coordinates: [x, 1] })
const edit = (after: Record<string, unknown>, x = 1): Working =>
  ({ fid: 7, op: 'update', baseVersion: 3, before: { properties: { a: 1, b: 'x', c: null }, geometry: point(1) }, after: { properties: { a: 1, b: 'x', c: null, ...after }, geometry: point(x) } })
const fresh: Working = { fid: -1, op: 'insert', baseVersion: null, before: null, after: { properties: { a: 5, c: null }, geometry: point(9) } }
const none: Draft = new Map()

test('only what is different is sent, with the version it was made from; nothing when nothing is', () => {
  expect(changedIn(edit({ a: 2 }, 4))).toEqual(['a', 'geometry'])
  expect(callFor(7, edit({ a: 2 }), undefined)).toEqual({ fid: 7, takeOut: false, edit: { op: 'update', fid: 7, baseVersion: 3, properties: { a: 2 } } })
  expect(callFor(7, edit({}, 4), undefined)!.edit).toEqual({ op: 'update', fid: 7, baseVersion: 3, properties: {}, geometry: point(4), crs: 'storage' })
  expect(callFor(7, edit({ a: 2 }), edit({ a: 2 }))).toBeUndefined()
  expect(put(put(none, edit({ a: 2 })), edit({}))).toEqual(none)
})

test('what was taken back is taken back at the server too', () => {
  expect(callFor(7, edit({ a: 2 }), edit({ b: 'y' }))).toMatchObject({ takeOut: false, edit: { properties: { a: 2, b: 'x' } } })
  expect(callFor(7, edit({ a: 2 }), edit({}, 4))).toMatchObject({ takeOut: true, edit: { properties: { a: 2 } } })
  expect(callFor(7, edit({ a: 2, b: 'z' }), edit({ b: 'y' }))).toMatchObject({ takeOut: false, edit: { properties: { a: 2, b: 'z' } } })
  expect(callFor(7, undefined, edit({ b: 'y' }))).toEqual({ fid: 7, takeOut: true, edit: undefined })
  const gone: Working = { ...edit({}), op: 'delete', after: null }
  expect(callFor(7, gone, edit({ b: 'y' }))).toEqual({ fid: 7, takeOut: false, edit: { op: 'delete', fid: 7, baseVersion: 3 } })
  expect(callFor(7, edit({ a: 2 }), gone)).toMatchObject({ takeOut: false, edit: { op: 'update' } })
})

test('a new feature: edited it stays new, deleted it was never there, numbered it keeps its place', () => {
  expect(callFor(-1, fresh, undefined)!.edit).toEqual({ op: 'insert', properties: { a: 5 }, geometry: point(9), crs: 'storage' })
  const d = put(put(none, fresh), { ...fresh, op: 'update', before: fresh.after, after: { properties: { a: 6 }, geometry: point(9) } })
  expect(d.get(-1)).toMatchObject({ op: 'insert', before: null, after: { properties: { a: 6 } } })
  expect(put(d, { ...fresh, op: 'delete', after: null })).toEqual(none)
  const known = renumbered(d, -1, 50)
  expect([...known.keys()]).toEqual([50])
  expect(callFor(50, known.get(50), { ...fresh, fid: 50 })).toEqual({ fid: 50, takeOut: false, edit: { op: 'update', fid: 50, properties: { a: 6 } } })
})

test('an answer that was lost makes no second feature', () => {
  const server = fromServer([{ fid: 50, n: 1, op: 'insert', baseVersion: null, before: null, after: { properties: { a: 5 }, geometry: point(9) }, changed: [], conflicts: [] }])
  expect(arrived(fresh, server, none)).toBe(50)
  expect(arrived(fresh, server, server)).toBeUndefined()
})

test('steps are undone and done again; a new step forgets what was undone', () => {
  let s = step(step(begin('a'), 'b'), 'c')
  s = undo(undo(s))
  expect(s.now).toBe('a')
  expect(redo(redo(redo(s))).now).toBe('c')
  expect(redo(step(s, 'd')).now).toBe('d')
  expect(undo(mapped(s, (x) => x + '!')).now).toBe('a!')
})

test('a conflict is settled when each field is; one that came since asks again', () => {
  const c = (field: string, now: number | null = 4): Conflict => ({ fid: 7, field, now_version: now, base: 1, theirs: 2, mine: 3 })
  const e = { fid: 7, n: 1, op: 'update', conflicts: [c('a'), c('geometry')] } as unknown as EditView
  expect(contested([e, { ...e, conflicts: [] }])).toEqual([e])
  const all = chooseAll(e.conflicts, 'mine')
  expect([isSettled(e.conflicts, { a: 'mine' }), isSettled(e.conflicts, all), isSettled([...e.conflicts, c('b')], all)]).toEqual([false, true, false])
  expect(taken([c('a')], all)).toEqual({ a: 'mine' })
  expect([kindOf(c('*', null), 'update'), kindOf(c('*'), 'delete'), kindOf(c('a'), 'update')]).toEqual(['deleted by them', 'deleted by me', 'field'])
})

test('fields are read as people write them', () => {
  expect(readValue({ type: 'number' }, '1.240,5', 'vi')).toEqual({ value: 1240.5 })
  expect((['vi', 'en'] as const).flatMap((l) => ['2.345', '2,345', '0.345', '12.3456'].map((t) => readValue({ type: 'number' }, t, l)))).toEqual([2345, 2.345, 0.345, 12.3456, 2.345, 2345, 0.345, 12.3456].map((value) => ({ value })))
  expect(readValue({ type: 'integer' }, '12,5', 'vi')).toEqual({ wrong: 'integer' })
  expect(readValue({ type: 'text', required: true }, ' ', 'vi')).toEqual({ wrong: 'required' })
  expect(readValue({ type: 'text' }, '', 'vi')).toEqual({ value: null })
  expect([readValue({ type: 'date' }, '02/03/2026', 'vi'), readValue({ type: 'date' }, '2026-02-30', 'vi')]).toEqual([{ value: '2026-03-02' }, { wrong: 'date' }])
  expect(readValue({ type: 'datetime' }, '2026-03-02T09:00', 'vi')).toEqual({ value: '2026-03-02T02:00:00.000Z' })
  expect([typedValue({ type: 'datetime' }, '2026-03-02T02:00:00Z', 'vi'), typedValue({ type: 'number' }, 0.5, 'vi'), typedValue({ type: 'number' }, 0.5, 'en'), typedValue({ type: 'text' }, null, 'vi'), typedValue({ type: 'date' }, '2026-03-02', 'vi')]).toEqual(['2026-03-02T09:00:00', '0,5', '0.5', '', '02/03/2026'])
})
