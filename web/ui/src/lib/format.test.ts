import { describe, expect, test } from 'vitest'
import { age, axisDate, clock, clockSeconds, coordinates, date, decimalsOf, duration, longDate, number, quantity, when } from './format'

const noon = Date.parse('2026-03-02T07:05:32Z') // Monday 14:05:32 in Việt Nam
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe('numbers', () => {
  test.each([
    [3.42, 2, 'vi', '3,42'], [3.42, 2, 'en', '3.42'], [18244, 0, 'vi', '18.244'], [18244, 0, 'en', '18,244'], [1242.4, 1, 'vi', '1.242,4'],
    [-97, 0, 'vi', '−97'], [-0.001, 2, 'vi', '0,00'], [9999.995, 2, 'km', '10.000,00'],
  ] as const)('%s with %s decimals in %s', (x, decimals, lang, want) => expect(number(x, decimals, lang)).toBe(want))

  test('a value keeps its unit on the line', () => {
    expect(quantity(3.42, 2, 'g/L', 'vi')).toBe('3,42\u00a0g/L')
    expect(quantity(7, 0, '', 'vi')).toBe('7')
  })

  test('salinity has one decimal from 10 g/L on', () => {
    expect([decimalsOf('salinity', 2, 9.99), decimalsOf('salinity', 2, 10), decimalsOf('water_level', 2, 12)]).toEqual([2, 1, 2])
  })

  test('coordinates', () => {
    expect(coordinates(106.0835, 9.7445, 'vi')).toBe('9,7445\u00a0B 106,0835\u00a0Đ')
    expect(coordinates(-1.5, -2, 'en')).toBe('2.0000\u00a0S 1.5000\u00a0W')
  })
})

describe('times', () => {
  test('clock and dates are those of Việt Nam', () => {
    expect([clock(noon), clockSeconds(noon)]).toEqual(['14:05', '14:05:32'])
    expect(longDate(noon, 'vi')).toBe('Thứ Hai 02/03/2026')
    expect(longDate(noon, 'en')).toBe('Monday 2 March 2026')
    expect([axisDate(noon, 'vi'), axisDate(noon, 'en')]).toEqual(['T2 02/03', 'Mon 02/03'])
    expect(axisDate(Date.parse('2026-03-01T16:59:59Z'), 'vi')).toBe('CN 01/03') // one second before Monday
  })

  test('dates leave out the year we are in', () => {
    expect([date(noon, noon, 'vi'), date(noon, noon + 400 * day, 'vi')]).toEqual(['02/03', '02/03/2026'])
    expect([date(noon, noon, 'en'), date(noon, noon + 400 * day, 'en')]).toEqual(['2 Mar', '2 Mar 2026'])
  })

  test('near days have words', () => {
    expect(when(noon - hour, noon, 'vi')).toBe('13:05')
    expect(when(noon - day, noon, 'vi')).toBe('hôm qua 14:05')
    expect(when(noon - day, noon, 'en')).toBe('yesterday 14:05')
    expect(when(noon - 3 * day, noon, 'vi')).toBe('27/02 14:05')
  })
})

describe('ages', () => {
  test.each([
    [2000, '2 giây', '2 s'], [59_999, '59 giây', '59 s'], [5 * minute, '5 phút', '5 min'], [hour + 43 * minute, '1 g 43', '1 h 43'],
    [hour + 3 * minute, '1 g 03', '1 h 03'], [2 * day, '2 ngày', '2 days'], [-4000, '0 giây', '0 s'],
  ])('%s ms', (ms, vi, en) => {
    expect(duration(ms, 'vi').replaceAll('\u00a0', ' ')).toBe(vi)
    expect(duration(ms, 'en').replaceAll('\u00a0', ' ')).toBe(en)
  })

  test('prose writes the hour out', () => expect(duration(hour + 43 * minute, 'vi', 'prose')).toBe('1\u00a0giờ\u00a043'))
  test('prose leaves a full hour alone', () => expect(duration(hour, 'vi', 'prose')).toBe('1\u00a0giờ'))
  test('over seven days it is a date', () => expect(age(noon - 8 * day, noon, 'vi')).toBe('22/02'))
})
