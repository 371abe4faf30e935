import { expect, test } from 'vitest'
import { ticks } from './ticks'

const hour = 3_600_000
const midnight = Date.parse('2026-03-01T17:00:00Z') // Việt Nam

test('24 hours: a tick each hour, words each third, the date at midnight', () => {
  const found = ticks(midnight - 12 * hour, midnight + 12 * hour)
  expect(found.length).toBe(24)
  expect(found.filter((t) => t.label === 'hour').length).toBe(7)
  expect(found.find((t) => t.label === 'date')!.t).toBe(midnight)
})

test('6 hours and 3 days', () => {
  expect(ticks(midnight - 6 * hour, midnight).map((t) => t.label).filter((l) => l === 'hour').length).toBe(6)
  expect(ticks(midnight - 72 * hour, midnight).filter((t) => t.label === 'date').length).toBe(3)
})
