import { describe, expect, test } from 'vitest'
import en from '../../messages/citizen/en.json'
import km from '../../messages/citizen/km.json'
import vi from '../../messages/citizen/vi.json'
import { filled } from './messages'

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()

describe.each([['English', en], ['Khmer', km]])('%s', (_, words: Record<string, string>) => {
  test('has every message, with the same values in it', () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(vi).sort())
    for (const [key, text] of Object.entries(vi)) expect([key, ...places(words[key]!)]).toEqual([key, ...places(text)])
  })
})

test('Khmer is written in Khmer', () => {
  const latin = Object.entries(km).filter(([key, text]) => !/[\u1780-\u17ff]/.test(text) && !['app_name', 'province'].includes(key))
  expect(latin).toEqual([])
})

test('nothing shouts, and nothing is empty', () => {
  for (const words of [vi, en, km]) for (const text of Object.values(words)) expect(text).toMatch(/^[^!]+$/)
})

test('values go into their places; an unknown place stays to be seen', () => {
  expect(filled('Bước {n} trong {total}', { n: 1, total: 4 })).toBe('Bước 1 trong 4')
  expect(filled('{n} {x}', { n: 0 })).toBe('0 {x}')
})
