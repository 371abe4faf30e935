import { expect, test } from 'vitest'
import { firstMinute, past, readPast } from './past.svelte'
import type { MapLayer } from './types'

test('an instant in the address', () => {
  expect(readPast('?luc=parcel@2026-11-30T09:15&lop=parcel')).toEqual({ layer: 'parcel', minute: '2026-11-30T09:15' })
  for (const broken of ['', '?luc=parcel', '?luc=parcel@2026-13-30T09:15', '?luc=Parcel@2026-11-30T09:15', '?luc=parcel@now']) expect(readPast(broken)).toEqual({ layer: '', minute: '' })
})

test('a history begins within a minute', () => {
  expect(firstMinute({ historyFrom: '2026-11-30T02:15:00.5Z' } as MapLayer)).toBe('2026-11-30T09:16')
  expect(firstMinute({ historyFrom: null } as MapLayer)).toBeUndefined()
})

test('one layer of the map is as it was', () => {
  const layers = [{ slug: 'parcel', tiles: '/tiles/parcel/{z}/{x}/{y}', historyFrom: '2026-11-30T00:00:00Z' }, { slug: 'road', tiles: '/tiles/road/{z}/{x}/{y}' }] as MapLayer[]
  expect(past.turned(layers)).toBe(layers)
  past.layer = 'parcel'
  past.minute = '2026-11-30T09:15'
  expect(past.turned(layers).map((l) => l.tiles)).toEqual(['/tiles/parcel/{z}/{x}/{y}?at=2026-11-30T02:15:00.000Z', '/tiles/road/{z}/{x}/{y}'])
  expect(past.at('road')).toBe('')
})
