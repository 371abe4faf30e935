import { expect, test } from 'vitest'
import { stepOf } from './contract'

const findings = { format: 'GPKG', layers: [] }
const report = { read: 1 } as never

test('an import stands where its last finished stage left it', () => {
  expect(stepOf({ state: 'uploading' })).toBe(0)
  expect(stepOf({ state: 'examining' })).toBe(0)
  expect(stepOf({ state: 'examined', findings })).toBe(1)
  expect(stepOf({ state: 'checking', findings, report })).toBe(1)
  expect(stepOf({ state: 'checked', findings, report })).toBe(2)
  expect(stepOf({ state: 'applying', findings, report })).toBe(2)
  expect(stepOf({ state: 'failed', findings })).toBe(1)
  expect(stepOf({ state: 'applied', findings, report })).toBe(3)
})
