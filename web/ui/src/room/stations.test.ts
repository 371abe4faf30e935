import { expect, test } from 'vitest'
import type { Thing } from '../lib/types'
import { freshness, leadingStream, plain, shortName, within } from './stations'

const now = Date.parse('2026-03-02T07:00:00Z')
const thing = (secondsAgo: number | null, rest: Partial<Thing> = {}) =>
  ({
    online: true, intervalS: 60, type: 'tide_gauge', unit: '1', sector: 'tide',
    streams: [{ id: 1, property: 'battery', value: 3.7, time: secondsAgo === null ? null : new Date(now - secondsAgo * 1000).toISOString(), receivedAt: null, quality: 'good' }],
    ...rest,
  }) as Thing

test('age is judged by the station’s own interval', () => {
  expect(freshness(thing(100), now)).toBe('fresh')
  expect(freshness(thing(181), now)).toBe('stale')
  expect(freshness(thing(181, { online: false }), now)).toBe('silent')
  expect(freshness(thing(721), now)).toBe('silent')
  expect(freshness(thing(null), now)).toBe('empty')
  expect(freshness(thing(181, { intervalS: 900 }), now)).toBe('fresh')
})

test('the value a station is known for leads, whatever its order', () => {
  const both = thing(1)
  both.streams.push({ ...both.streams[0]!, id: 2, property: 'water_level' })
  expect(leadingStream(both)!.id).toBe(2)
  expect(leadingStream(thing(1))!.id).toBe(1)
})

test('search needs no marks', () => expect(plain('Đại Ngãi, Cổ Cò')).toBe('dai ngai, co co'))

test('filter by sector and area', () => {
  expect(within({ sector: '', unit: '' }, thing(1))).toBe(true)
  expect(within({ sector: 'air', unit: '' }, thing(1))).toBe(false)
  expect(within({ sector: 'tide', unit: '2' }, thing(1))).toBe(false)
  expect(within({ sector: 'citizens', unit: '1' }, { unit: '1' })).toBe(true) // a report has no sector of its own
})

test('the map leaves out the kind of a station', () => {
  expect(['Trạm đo mặn Đại Ngãi', 'Trạm thủy văn An Lạc Tây', 'Trạm bơm số 1, Vĩnh Phước', 'Trạm Trần Đề', 'Đại Ngãi'].map(shortName)).toEqual([
    'Đại Ngãi', 'An Lạc Tây', 'Trạm bơm số 1, Vĩnh Phước', 'Trạm Trần Đề', 'Đại Ngãi',
  ])
})
