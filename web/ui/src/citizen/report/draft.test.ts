import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../testing'
import { dropDraft, keepDraft, keptDraft, newDraft, newKey } from './draft'

describe('the kept draft', () => {
  test('survives a reload with the same key, so that sending again is the same report', () => {
    const storage = memoryStorage()
    const draft = { ...newDraft(), category: 'road', place: { kind: 'unit' as const, unit: '31507' }, description: 'Ổ gà', wanted: true, language: 'km' }
    expect(keepDraft(storage, draft)).toBe(true)
    expect(keptDraft(storage)).toEqual(draft)
  })

  test('is new after it was dropped', () => {
    const storage = memoryStorage()
    const draft = newDraft()
    keepDraft(storage, draft)
    dropDraft(storage)
    expect(keptDraft(storage).key).not.toBe(draft.key)
  })

  test.each(['', '{', '[]', '{"key":"short"}', '{"key":5}', 'null'])('is new when the phone holds %j', (held) => {
    const storage = memoryStorage()
    storage.setItem('haidang-draft', held)
    expect(keptDraft(storage)).toMatchObject({ category: '', place: null, description: '', wanted: false })
  })

  test('loses a place that makes no sense, but not the words', () => {
    const storage = memoryStorage()
    storage.setItem('haidang-draft', JSON.stringify({ key: newKey(), description: 'Ngập', place: { kind: 'point', lon: null, lat: 9 } }))
    expect(keptDraft(storage)).toMatchObject({ description: 'Ngập', place: null })
  })

  test('says so when the phone keeps nothing', () => {
    expect(keepDraft(memoryStorage(true), newDraft())).toBe(false)
  })
})

describe('the key', () => {
  const plain = { getRandomValues: <T extends ArrayBufferView | null>(b: T) => crypto.getRandomValues(b as never) as T }

  test('is a random UUID, also where the browser has no randomUUID', () => {
    expect(newKey(plain as never)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newKey()).toHaveLength(36)
  })

  test('never repeats', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newKey(plain as never))).size).toBe(1000)
  })
})
