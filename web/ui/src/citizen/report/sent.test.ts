import { expect, test } from 'vitest'
import { memoryStorage } from '../testing'
import { forgetSent, keepSent, sentBefore } from './sent'

const sent = (code: string) => ({ code, at: 1, category: 'road' })

test('codes are kept newest first, each once, ten at most', () => {
  const storage = memoryStorage()
  for (let i = 0; i < 12; i++) keepSent(storage, sent(`C${i}`))
  keepSent(storage, sent('C5'))
  const codes = sentBefore(storage).map((s) => s.code)
  expect(codes[0]).toBe('C5')
  expect(codes).toHaveLength(10)
  expect(new Set(codes).size).toBe(10)
})

test('they can be forgotten, and a damaged store is an empty one', () => {
  const storage = memoryStorage()
  keepSent(storage, sent('A'))
  forgetSent(storage)
  expect(sentBefore(storage)).toEqual([])
  storage.setItem('haidang-sent', '{"code":1}')
  expect(sentBefore(storage)).toEqual([])
})
