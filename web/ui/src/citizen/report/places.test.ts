import { expect, test } from 'vitest'
import { unit } from '../testing'
import { extent, mayBeInside, near, search } from './places'

const units = [unit('1', 'Xã Đại Ngãi', 106.0, 9.7), unit('2', 'Phường Phú Lợi', 105.97, 9.6, 'សង្កាត់ភូឡើយ'), unit('3', 'Xã Trần Đề', 106.2, 9.5)]
const names = (typed: string) => search(units, typed).map((u) => u.code)

test.each([
  ['dai ngai', ['1']],
  ['ĐẠI', ['1']],
  ['ngãi đại', ['1']],
  ['tran de', ['3']],
  ['  ', ['1', '2', '3']],
  ['ភូឡើយ', ['2']],
  ['cà mau', []],
])('typing %j finds the communes meant', (typed, codes) => {
  expect(names(typed)).toEqual(codes)
})

test('decomposed letters, as some phones send them, find the same', () => {
  expect(names('Đại Ngãi'.normalize('NFD'))).toEqual(['1'])
})

test('a point belongs to the commune whose centre is nearest', () => {
  expect(near(units, 106.01, 9.69)?.code).toBe('1')
  expect(near(units, 100, 9)).toBeUndefined()
  expect(mayBeInside(units, 105.97, 9.6)).toBe(true)
  expect(mayBeInside(units, 105.97, 10.6)).toBe(false)
})

test('the box of the province holds all communes', () => {
  expect(extent(units).map((x) => Math.round(x * 100) / 100)).toEqual([105.92, 9.45, 106.25, 9.75])
})
