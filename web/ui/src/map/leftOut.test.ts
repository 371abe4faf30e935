import { expect, test } from 'vitest'
import { sentences } from './leftOut.svelte'

test('what tiles leave out is summed by reason and said', () => {
  expect(sentences([])).toEqual([])
  const said = sentences([
    { reason: 'merged', count: 900, shown: 30 }, { reason: 'clustered', count: 334, shown: 4 },
    { reason: 'too small', count: 2 }, { reason: 'too small', count: 3 },
  ])
  expect(said).toHaveLength(2)
  expect(said[0]).toContain('1.234')
  expect(said[0]).toContain('34')
  expect(said[1]).toContain('5')
  expect(sentences([{ reason: 'overviews are being built', percent_built: 30 }])[0]).toContain('30')
  expect(sentences([{ reason: 'too many' }])).toHaveLength(1)
})

test('a cluster of one stands for itself', () => {
  expect(sentences([{ reason: 'clustered', count: 3, shown: 3 }])).toEqual([])
})
