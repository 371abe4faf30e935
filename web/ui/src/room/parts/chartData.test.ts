import { expect, test } from 'vitest'
import { columns, extremes, gridValues } from './chartData'

const at = (minute: number) => new Date(minute * 60_000).toISOString()
const bucket = (minute: number, v: number, n = 1) => ({ t: at(minute), min: v - 1, avg: v, max: v + 1, n })

test('gaps stay gaps', () => {
  const [x, avg] = columns([bucket(1, 5), bucket(2, 6), bucket(10, 7)], [], 3 * 60_000)
  expect(avg).toEqual([5, 6, null, 7])
  expect(x.length).toBe(4)
})

test('empty buckets are no values, not zeros', () => expect(columns([bucket(1, 5), bucket(2, 0, 0)], [], 1e9)[1]).toEqual([5]))

test('live points continue the buckets, never go back', () => {
  const [x, avg] = columns([bucket(1, 5)], [{ t: 30_000, value: 1 }, { t: 120_000, value: 9 }, { t: 120_000, value: 8 }], 1e9)
  expect([x, avg]).toEqual([[60, 120], [5, 9]])
})

test('extremes are of what was measured, not of the means', () => {
  const found = extremes(columns([bucket(1, 5), bucket(2, 9)], [], 1e9))!
  expect([found.low.value, found.high.value, found.high.t]).toEqual([4, 10, 120_000])
  expect(extremes(columns([], [], 1))).toBeUndefined()
})

test('grid lines stand at round values, three to six of them', () => {
  expect(gridValues(0, 4.2)).toEqual([0, 2, 4])
  expect(gridValues(-97, 3)).toEqual([-75, -50, -25, 0])
  expect(gridValues(1, 1)).toEqual([])
  for (const top of [0.3, 1, 7, 12, 99, 1234]) expect(gridValues(0, top).length).toBeGreaterThanOrEqual(3)
})
