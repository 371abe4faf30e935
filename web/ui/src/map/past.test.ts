import { beforeEach, expect, test, vi } from 'vitest'
import { readSession } from '../room/session.svelte'
import { firstMinute, past, readPast } from './past.svelte'
import { extentOf, type MapLayer } from './types'

test('an instant in the address', () => {
  expect(readPast('?luc=parcel@2026-11-30T09:15&lop=parcel')).toEqual({ layer: 'parcel', minute: '2026-11-30T09:15' })
  for (const broken of ['', '?luc=parcel', '?luc=parcel@2026-13-30T09:15', '?luc=Parcel@2026-11-30T09:15', '?luc=parcel@now']) expect(readPast(broken)).toEqual({ layer: '', minute: '' })
})

test('a history begins within a minute', () => {
  expect(firstMinute({ historyFrom: '2026-11-30T02:15:00.5Z' } as MapLayer)).toBe('2026-11-30T09:16')
  expect(firstMinute({ historyFrom: null } as MapLayer)).toBeUndefined()
})

const layers = [{ slug: 'parcel', tiles: '/tiles/parcel/{z}/{x}/{y}', bounds: [1, 2, 3, 4], historyFrom: '2026-11-30T00:00:00Z' }, { slug: 'road', tiles: '/tiles/road/{z}/{x}/{y}', bounds: [1, 2, 3, 4] }] as unknown as MapLayer[]

/** Whoever is here may do just that. */
async function enter(...actions: string[]): Promise<void> {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ account: actions.length ? 'lan' : '', fullName: '', grants: [], actions })))
  await readSession()
}

beforeEach(() => {
  past.layer = ''
  past.minute = '2026-11-30T09:15'
})

test('one layer of the map is as it was, and may have reached further', async () => {
  await enter('catalogue.read')
  expect(past.turned(layers)).toBe(layers)
  past.layer = 'parcel'
  expect(past.turned(layers).map((l) => l.tiles)).toEqual(['/tiles/parcel/{z}/{x}/{y}?at=2026-11-30T02:15:00.000Z', '/tiles/road/{z}/{x}/{y}'])
  expect(past.turned(layers).map(extentOf)).toEqual([undefined, [1, 2, 3, 4]])
  expect(past.at('road')).toBe('')
})

test('of the time before its history a layer is not drawn, and the page says why', async () => {
  await enter('catalogue.read')
  past.layer = 'parcel'
  past.minute = '2026-11-30T06:59' // the history begins at seven
  expect(layers.map((l) => past.early(l))).toEqual([true, false])
  expect(past.turned(layers).map((l) => l.slug)).toEqual(['road'])
  past.minute = '2026-11-30T07:00'
  expect(past.turned(layers).map((l) => l.slug)).toEqual(['parcel', 'road'])
})

test('the public is asked nothing of the past', async () => {
  await enter()
  past.layer = 'parcel'
  expect(past.turned(layers)).toBe(layers)
  expect(past.at('parcel')).toBe('')
})
