import { expect, test, vi } from 'vitest'
import { Missing } from './missing.svelte'

test('what did not come is named and asked for until it has come, however often the map rests', () => {
  vi.useFakeTimers()
  const asked: string[] = []
  const missing = new Missing((layer) => asked.push(layer))
  missing.rest()
  missing.failed('parcel')
  missing.failed('road')
  missing.rest()
  missing.rest()
  expect([...missing.layers]).toEqual(['parcel', 'road'])
  vi.runOnlyPendingTimers()
  expect(asked).toEqual(['parcel', 'road'])
  missing.failed('parcel') // again
  missing.rest()
  expect([...missing.layers]).toEqual(['parcel'])
  vi.runOnlyPendingTimers()
  expect(asked).toEqual(['parcel', 'road', 'parcel'])
  missing.rest()
  expect(missing.layers.size).toBe(0)
  vi.runOnlyPendingTimers()
  expect(asked).toHaveLength(3)
  vi.useRealTimers()
})
