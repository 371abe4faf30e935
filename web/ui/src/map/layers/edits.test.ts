import { expect, test } from 'vitest'
import type { Column } from '../types'
import type { ListCode, Words } from './contract'
import { changed, changedColumns, difference, slugFrom } from './edits'
import { placeOf } from './route'

test('an edit says what differs and nothing else', () => {
  const before = { title: { vi: 'Mốc', en: 'Markers' }, theme: '', minZoom: 8 } as Words
  expect(changed(before, { title: { vi: 'Mốc', en: 'Markers' }, theme: 'x', minZoom: 8 })).toEqual({ theme: 'x' })
})

test('a column taken out of tiles is said to be in none', () => {
  const old: Column = { name: 'code', type: 'text', label: { vi: 'Mã', en: 'Code' }, fromZoom: 10 }
  expect(changedColumns([old], [{ ...old, fromZoom: null, unit: '' }])).toEqual({ code: { fromZoom: -1 } })
  expect(changedColumns([old], [{ ...old }])).toEqual({})
})

test('a version of a list is told from the one before', () => {
  const code = (code: string, vi: string, colour?: string): ListCode => ({ code, label: { vi, en: '' }, ...(colour && { colour }) })
  const d = difference([code('A', 'a'), code('B', 'b'), code('C', 'c', '#ffffff')], [code('A', 'aa'), code('C', 'c'), code('D', 'd')])
  expect([d.added, d.changed, d.gone.map((c) => c.code)]).toEqual([1, 2, ['B']])
})

test('a title becomes a code', () => {
  expect(slugFrom('Mốc địa giới, năm 2026 (Đợt 1)')).toBe('moc_dia_gioi_nam_2026_dot_1')
  expect(slugFrom('2 bờ')).toBe('bo')
})

test('addresses lead to one place or nowhere', () => {
  expect(placeOf('/ban-do/lop')).toEqual({ at: 'table' })
  expect(placeOf('/ban-do/lop/parcel/kieu-ve')).toEqual({ at: 'layer', slug: 'parcel', part: 'kieu-ve' })
  expect(placeOf('/ban-do/lop/danh-muc/land_use/2')).toEqual({ at: 'list', slug: 'land_use', version: 2, edit: false })
  expect(placeOf('/ban-do/lop/danh-muc/land_use/sua')).toEqual({ at: 'list', slug: 'land_use', version: 0, edit: true })
  for (const wrong of ['/ban-do/lop/parcel/x', '/ban-do/lop/Parcel', '/ban-do/lop/danh-muc/land_use/0', '/ban-do/lop/tao-moi/x', '/ban-do/lop/a/b/c/d']) expect(placeOf(wrong)).toBeUndefined()
})
