import { expect, test } from 'vitest'
import { sortRows } from './sorting'

const rows = [10, null, 2, 33].map((n) => ({ properties: { n, name: n === null ? '' : `thửa ${n}` } }))
const columns = [{ name: 'n', type: 'integer' as const }, { name: 'name', type: 'text' as const }]
const by = (column: string, down: boolean) => sortRows(rows, { column, down }, columns).map((r) => r.properties.n)

test('numbers as numbers, names by their numbers, nothing last', () => {
  expect([by('n', false), by('n', true)]).toEqual([[2, 10, 33, null], [33, 10, 2, null]])
  expect(by('name', false)).toEqual([2, 10, 33, null])
  expect(by('', true)).toEqual([10, null, 2, 33])
})
