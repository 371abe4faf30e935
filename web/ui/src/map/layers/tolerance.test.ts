import { expect, it } from 'vitest'
import { readTolerance } from './tolerance'

it('a tolerance is read as it is written beside its field', () => {
  expect(readTolerance('0,05 m²', 'vi')).toBe(0.05)
  expect(readTolerance('0.05', 'vi')).toBe(0.05)
  expect(readTolerance(' 5 %', 'vi')).toBe(5)
  expect(readTolerance('0,5m', 'vi')).toBe(0.5)
  expect(readTolerance('1', 'en')).toBe(1)
})

it('nothing typed is the usual one', () => expect(readTolerance('  ', 'vi')).toBeUndefined())

it.each(['0', '-1', 'năm', 'm²', '0,05 ha', '1 2 3 x'])('%s is refused, not taken for the usual one', (typed) => {
  expect(readTolerance(typed, 'vi')).toBeNaN()
})
