import { describe, expect, test } from 'vitest'
import { unit } from '../testing'
import { newDraft, type Draft } from './draft'
import { faultIn, furthest, lengthOf, stepOf } from './validate'

const units = [unit('31507', 'Phường Phú Lợi', 105.97, 9.6)]
const draft = (answers: Partial<Draft>): Draft => ({ ...newDraft(), ...answers })
const full = draft({ category: 'road', place: { kind: 'unit', unit: '31507' }, description: 'Ổ gà lớn trước cổng trường' })

describe('a missing or wrong answer', () => {
  test.each([
    ['viec', draft({}), 'need_category'],
    ['noi', draft({}), 'need_place'],
    ['noi', draft({ place: { kind: 'point', lon: 106.7, lat: 10.8 } }), 'outside'],
    ['mo-ta', draft({ description: ' \n' }), 'need_description'],
    ['mo-ta', draft({ description: 'Ổ gà' }), 'description_short'],
    ['mo-ta', draft({ description: 'ổ'.repeat(2001) }), 'description_long'],
  ] as const)('in step %s is named', (step, d, fault) => {
    expect(faultIn(step, d, units)).toBe(fault)
  })

  test('is not claimed for a good one', () => {
    for (const step of ['viec', 'noi', 'mo-ta', 'xem-lai'] as const) expect(faultIn(step, full, units)).toBeNull()
    expect(faultIn('noi', draft({ place: { kind: 'point', lon: 105.98, lat: 9.61 } }), units)).toBeNull()
  })

  test('outside is for the server to say while the communes are not known', () => {
    expect(faultIn('noi', draft({ place: { kind: 'point', lon: 0, lat: 0 } }), [])).toBeNull()
  })
})

test('an address of a later step opens the first unanswered one', () => {
  expect(furthest(draft({}), units)).toBe('viec')
  expect(furthest({ ...full, description: '' }, units)).toBe('mo-ta')
  expect(furthest(full, units)).toBe('xem-lai')
})

test('every field that the server refuses has its question', () => {
  expect(['category', 'lon', 'lat', 'unit', 'description', 'photo', 'body'].map(stepOf)).toEqual(['viec', 'noi', 'noi', 'noi', 'mo-ta', 'mo-ta', 'xem-lai'])
})

test('length counts characters, not UTF-16 halves', () => {
  expect(lengthOf(' 🌊ង ')).toBe(2)
})
