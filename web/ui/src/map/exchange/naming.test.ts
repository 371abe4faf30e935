import { expect, test } from 'vitest'
import { codeOf, sameName } from './naming'

test('a code of a title is one that the catalogue takes', () => {
  expect(codeOf('Thửa đất xã Mỹ Xuyên (2025)')).toBe('thua_dat_xa_my_xuyen_2025')
  expect(codeOf('2025: Đê biển')).toBe('de_bien')
  expect(codeOf('!')).toBe('')
  expect(codeOf('a'.repeat(39) + ' b')).toBe('a'.repeat(39))
})

test('fields go with columns as the server pairs them', () => {
  expect(sameName('SỐ_TỜ', 'Số tờ')).toBe(true)
  expect(sameName('constructi', 'construction_year')).toBe(true)
  expect(sameName('construct', 'construction_year')).toBe(false)
  expect(sameName('x', '')).toBe(false)
})
