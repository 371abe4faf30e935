import { expect, test } from 'vitest'
import { labelIn } from './catalogue.svelte'
import type { CodeList } from './types'

const list = {
  codes: [{ code: 'LUC', label: { vi: 'Lúa', en: 'Rice' } }],
  withdrawn: [{ code: 'NKH', label: { vi: 'Nông nghiệp khác', en: 'Other farming' } }],
} as CodeList

test('a code is read by its name, a withdrawn one too, and an unknown one as it is', () => {
  expect(labelIn(list, 'LUC')).toBe('Lúa')
  expect(labelIn(list, 'NKH')).toBe('Nông nghiệp khác (ngừng dùng)')
  expect(labelIn(list, 'LUC+NKH')).toBe('Lúa + Nông nghiệp khác (ngừng dùng)')
  expect(labelIn(list, 'X')).toBe('X')
  expect(labelIn(undefined, 'X')).toBe('X')
})
