import { expect, test } from 'vitest'
import type { Geometry, Position } from 'geojson'
import { shapeOnMap } from './drawing'
import { frameOf } from './frame'
import { firstWithin, mostHandles, sideNear, vertexNear } from './handles'
import { measures, picture } from './picture'
import { countVertices, edges, nextPlace, numberOf, places, takeApart } from './shape'

const ring = Array.from({ length: 100_000 }, (_, i): Position => [558100 + 500 * Math.cos(i / 15915.5), 1071000 + 500 * Math.sin(i / 15915.5)])
const large: Geometry = { type: 'Polygon', coordinates: [[...ring, ring[0]!]] }

test('the largest shape that is taken can be pictured and measured', () => {
  const { paths } = picture([large, large], 200, 100)
  expect(paths[0]!.startsWith('M')).toBe(true)
  expect(measures(large)!.vertices).toBe(100_000)
})

test('of a large shape the handles in view are drawn, wherever they are in its ring', () => {
  const s = takeApart(large)!
  const box = [ring[70_000]![0]! - 1, ring[70_000]![1]! - 1, ring[70_000]![0]! + 1, ring[70_000]![1]! + 1]
  const seen = firstWithin(places(s), (v) => v.p, box)
  expect(seen.length).toBeLessThan(mostHandles)
  expect(seen.some((v) => v.at.i === 70_000)).toBe(true)
  expect(firstWithin(places(s), (v) => v.p, undefined)).toHaveLength(mostHandles)
})

test('a vertex and the middle of a side are found by the place, and numbered', () => {
  const s = takeApart({ type: 'Polygon', coordinates: [[[0, 0], [10, 0], [10, 10], [0, 0]], [[6, 2], [8, 2], [8, 4], [6, 2]]] })!
  expect(vertexNear(s, [9.5, 0.2], 1)).toEqual({ part: 0, ring: 0, i: 1 })
  expect(vertexNear(s, [5, 0.2], 1)).toBeUndefined()
  expect(sideNear(s, [5, 0.2], 1)?.at).toEqual({ part: 0, ring: 0, i: 0 })
  expect(sideNear(s, [7, 2], 1)).toBeUndefined() // too short for a handle
  let at = nextPlace(s, undefined, 1)
  for (let n = 1; n <= countVertices(s); n++, at = nextPlace(s, at, 1)) expect(numberOf(s, at!)).toBe(n)
  expect([...edges(s)]).toHaveLength(6)
})

test('a shape that nobody touches is put on the map once', () => {
  const frame = frameOf('EPSG:9209')!
  expect(shapeOnMap(large, frame)).toBe(shapeOnMap(large, frame))
})
