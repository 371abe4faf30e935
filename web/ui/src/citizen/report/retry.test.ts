import { expect, test } from 'vitest'
import { Problem } from '../../lib/api'
import { newDraft } from './draft'
import { verdictOn, waitS } from './retry'
import { formOf } from './send'

const problem = (status: number) => new Problem(status, 'x', '')

test('without an answer, or with one that may change, the same report is sent again', () => {
  expect([0, 408, 429, 500, 502, 503, 504].map((s) => verdictOn(problem(s)))).toEqual(['network', ...Array<string>(6).fill('busy')])
})

test('a refusal is final', () => {
  expect([400, 403, 404, 409, 413, 415, 422].every((s) => verdictOn(problem(s)) === 'refused')).toBe(true)
})

test('pauses grow to half a minute, and the server may ask for more', () => {
  expect([1, 2, 3, 4, 5, 50].map((n) => waitS(n, 0))).toEqual([3, 6, 12, 24, 30, 30])
  expect(waitS(1, 90)).toBe(90)
})

test('a report has either a point or a commune, and keeps the language in which it was sent', () => {
  const base = { ...newDraft(), category: 'road', description: ' Ổ gà lớn ', language: 'km' }
  const pin = formOf({ ...base, place: { kind: 'point', lon: 105.9712345, lat: 9.6, accuracyM: 12 } }, null)
  expect(Object.fromEntries(pin)).toEqual({ category: 'road', description: 'Ổ gà lớn', language: 'km', lon: '105.971234', lat: '9.600000' })
  const commune = formOf({ ...base, place: { kind: 'unit', unit: '31507' } }, new Blob(['x'], { type: 'image/jpeg' }))
  expect([...commune.keys()]).toEqual(['category', 'description', 'language', 'unit', 'photo'])
})
