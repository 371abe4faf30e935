import { expect, test } from 'vitest'
import type { Geometry, Position } from 'geojson'
import { zoneOf } from '../vn2000'
import { frameOf, onMap } from './frame'
import { merge } from './merge'
import { area } from './plane'
import { drawn, edges, insertVertex, moveVertex, nextPlace, putTogether, removeVertex, takeApart, type Shape } from './shape'
import { snap } from './snap'
import { split } from './split'
import { asTyped, readNumber, typedPlace } from './typed'

const box = (x: number, y: number, w: number, h = w): Position[] => [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]
const hole = (x: number, y: number, w: number): Position[] => [...box(x, y, w)].reverse()
const polygon = (...rings: Position[][]): Shape => takeApart({ type: 'Polygon', coordinates: rings })!
const sum = (s: Shape): number => s.parts.reduce((n, p) => n + p.reduce((k, r, i) => k + (i ? -1 : 1) * Math.abs(area(r)), 0), 0)

const land: Geometry = { type: 'MultiPolygon', coordinates: [[box(558100.1234567, 1071000.7654321, 40), hole(558110.3, 1071010.1, 5)], [box(558300.00000001, 1071000.1, 10)]] }

test('a geometry that is taken apart goes back to the last digit, holes, parts and heights with it', () => {
  const all: Geometry[] = [
    land, { type: 'Polygon', coordinates: [[[0.1, 0.2, 7], [1, 0, 8], [1, 1, 9], [0.1, 0.2, 7]]] }, { type: 'Point', coordinates: [1 / 3, 2 / 3, 4] },
    { type: 'MultiPoint', coordinates: [[1, 2], [3, 4]] }, { type: 'LineString', coordinates: [[0, 0], [1, 1], [0, 0]] }, { type: 'MultiLineString', coordinates: [[[0, 0], [1, 1]], [[2, 2], [3, 3]]] },
  ]
  for (const g of all) expect(JSON.stringify(putTogether(takeApart(g)!))).toBe(JSON.stringify(g))
  expect(takeApart({ type: 'GeometryCollection', geometries: [] })).toBeUndefined()
})

test('a vertex that moves leaves every other as it was, and closes its ring where it is the first', () => {
  const s = moveVertex(takeApart(land)!, { part: 0, ring: 1, i: 0 }, [558111, 1071011])
  const g = putTogether(s) as Extract<Geometry, { type: 'MultiPolygon' }>
  expect(g.coordinates[0]![1]![0]).toEqual([558111, 1071011])
  expect(g.coordinates[0]![1]!.at(-1)).toEqual([558111, 1071011])
  expect(g.coordinates[0]![0]).toEqual((land as typeof g).coordinates[0]![0])
  expect(g.coordinates[1]).toEqual((land as typeof g).coordinates[1])
  expect(putTogether(moveVertex(takeApart({ type: 'Point', coordinates: [1, 2, 9] })!, { part: 0, ring: 0, i: 0 }, [3, 4]))).toEqual({ type: 'Point', coordinates: [3, 4, 9] })
})

test('vertices come and go, but never the last of a ring, of a hole neither', () => {
  const s = polygon(box(0, 0, 4), [[1, 1], [1, 2], [2, 2], [1, 1]])
  const more = insertVertex(s, { part: 0, ring: 0, i: 3 }, [0, 2])
  expect(more.parts[0]![0]).toHaveLength(5)
  expect(more.parts[0]![0]![4]).toEqual([0, 2])
  expect(removeVertex(more, { part: 0, ring: 0, i: 4 })).toEqual(s)
  expect(removeVertex(s, { part: 0, ring: 1, i: 0 })).toBeUndefined()
  expect([...edges(s)]).toHaveLength(7)
  expect(nextPlace(s, { part: 0, ring: 0, i: 3 }, 1)).toEqual({ part: 0, ring: 1, i: 0 })
  expect(nextPlace(s, { part: 0, ring: 0, i: 0 }, -1)).toEqual({ part: 0, ring: 1, i: 2 })
  expect(drawn('MultiPolygon', [[0, 0], [1, 1]])).toBeUndefined()
  expect([drawn('Geometry', [[0, 0], [1, 1]])!.type, drawn('Geometry', [[0, 0], [1, 0], [1, 1]], true)!.type]).toEqual(['LineString', 'Polygon'])
  expect(putTogether(drawn('MultiPolygon', [[0, 0], [1, 0], [1, 1]])!)).toEqual({ type: 'MultiPolygon', coordinates: [[[[0, 0], [1, 0], [1, 1], [0, 0]]]] })
})

test('snapping: a vertex before an edge that is nearer, the nearest of each, nothing out of reach', () => {
  const near = [{ fid: 7, shape: polygon(box(10, 0, 10)) }, { fid: 8, shape: polygon(box(10.5, 12, 5)) }]
  expect(snap([10.3, 0.4], near, 1)).toEqual({ to: [10, 0], kind: 'vertex', fid: 7 })
  expect(snap([9.8, 5], near, 1)).toEqual({ to: [10, 5], kind: 'edge', fid: 7 })
  expect(snap([10.4, 11.6], near, 1)).toMatchObject({ fid: 8, kind: 'vertex' })
  expect(snap([5, 5], near, 1)).toBeUndefined()
})

test('an area is split by a line; a hole stays in the piece it lies in', () => {
  const cut = split(polygon(box(0, 0, 10), hole(7, 4, 2)), [[5, -1], [5, 11]])
  if (typeof cut === 'string') throw new Error(cut)
  expect([sum(cut.whole), cut.off.map(sum)]).toEqual([50, [46]]) // the piece with more ground stays
  expect([cut.whole, ...cut.off].map((s) => s.parts[0]!.length).sort()).toEqual([1, 2])
})

test('a line through a hole takes the hole into the border; a bent one keeps its bend', () => {
  const through = split(polygon(box(0, 0, 10), hole(4, 4, 2)), [[5, -1], [5, 11]])
  if (typeof through === 'string') throw new Error(through)
  expect([sum(through.whole), ...through.off.map(sum)]).toEqual([48, 48])
  expect([through.whole, ...through.off].every((s) => s.parts[0]!.length === 1)).toBe(true)
  const bent = split(polygon(box(0, 0, 10)), [[-1, 5], [5, 8], [11, 5]])
  if (typeof bent === 'string') throw new Error(bent)
  expect(sum(bent.whole) + sum(bent.off[0]!)).toBeCloseTo(100, 9)
  expect(bent.whole.parts[0]![0]).toContainEqual([5, 8])
  expect(bent.off[0]!.parts[0]![0]).toContainEqual([5, 8])
})

test('a line that crosses twice makes three pieces; through corners too; other parts stay with the larger piece', () => {
  const u: Position[] = [[0, 0], [10, 0], [10, 10], [7, 10], [7, 3], [3, 3], [3, 10], [0, 10], [0, 0]]
  const three = split(polygon(u), [[-1, 6], [11, 6]])
  if (typeof three === 'string') throw new Error(three)
  expect([sum(three.whole), ...three.off.map(sum)].sort((a, b) => a - b)).toEqual([12, 12, 48])
  const corner = split(polygon(box(0, 0, 10)), [[-1, -1], [11, 11]])
  if (typeof corner === 'string') throw new Error(corner)
  expect([sum(corner.whole), ...corner.off.map(sum)]).toEqual([50, 50])
  const multi = split(takeApart(land)!, [[558115.5, 1070990], [558115.5, 1071100]])
  if (typeof multi === 'string') throw new Error(multi)
  expect(multi.whole.parts[1]).toEqual(takeApart(land)!.parts[1])
  expect(multi.off).toHaveLength(1)
})

test('a line that misses or stops inside changes nothing', () => {
  expect(split(polygon(box(0, 0, 10)), [[20, 0], [20, 10]])).toBe('misses')
  expect(split(polygon(box(0, 0, 10)), [[5, -1], [5, 5]])).toBe('ends inside')
  expect(split(polygon(box(0, 0, 10), hole(4, 4, 2)), [[5, -1], [5, 5]])).toBe('misses')
})

test('neighbours merge over their border, also where one has more vertices in it; holes stay', () => {
  const one = polygon(box(0, 0, 10), hole(2, 2, 2))
  const other = polygon([[10, 0], [20, 0], [20, 10], [10, 10], [10, 5], [10, 0]])
  const both = merge(one, other)!
  expect(both.parts).toHaveLength(1)
  expect(both.parts[0]).toHaveLength(2)
  expect(sum(both)).toBeCloseTo(196, 9)
  expect(merge(one, polygon([[10.004, 0], [20, 0], [20, 10], [10.003, 10], [10.004, 0]]))!.parts[0]).toHaveLength(2)
  expect(merge(one, polygon(box(30, 0, 5)))).toBeUndefined()
  expect(merge(one, polygon(box(10, 10, 5)))).toBeUndefined() // a corner alone is no border
})

test('a ring of neighbours around a yard leaves the yard as a hole; the yard itself fills it', () => {
  const c = polygon([[0, 0], [9, 0], [9, 3], [3, 3], [3, 6], [9, 6], [9, 9], [0, 9], [0, 0]])
  const ring = merge(c, polygon(box(9, 0, 3, 9)))!
  expect([ring.parts.length, ring.parts[0]!.length, sum(ring)]).toEqual([1, 2, 108 - 18])
  const full = merge(ring, polygon(box(3, 3, 6, 3)))!
  expect([full.parts.length, full.parts[0]!.length, sum(full)]).toEqual([1, 1, 108])
})

test('coordinates are typed as people write them, and stay as typed in the zone of the layer', () => {
  expect(['1.071.612,37', '1,071,612.37', '1071612.37', '1071612,37', '558 148,2', '1.071.612'].map((t) => readNumber(t, 'vi'))).toEqual([1071612.37, 1071612.37, 1071612.37, 1071612.37, 558148.2, 1071612])
  expect(['', 'x', '1.2.3', '12a'].map((t) => readNumber(t, 'vi')).every(Number.isNaN)).toBe(true)
  const frame = frameOf('EPSG:9209')!
  expect(typedPlace('1071612,3712', '558148,2', frame.zone!, frame)).toEqual([558148.2, 1071612.3712])
  for (const east of ['558.148', '558,148']) expect(typedPlace('1071612,3712', east, frame.zone!, frame)).toEqual([558148, 1071612.3712])
  const nowhere = [['91071612', '558148,2'], ['107161', '558148,2'], ['1071612', '55814'], ['558148,2', '1071612'], ['', '558148'], ['123', '558148']] as const // a digit too many, too few, the wrong way round
  for (const [x, y] of nowhere) expect(typedPlace(x, y, frame.zone!, frame), `${x} ${y}`).toBeUndefined()
  const elsewhere = typedPlace(...(Object.values(asTyped([558148.2, 1071612.3712], zoneOf(5897)!, frame, 'vi')) as [string, string]), zoneOf(5897)!, frame)!
  expect(elsewhere[0]).toBeCloseTo(558148.2, 3)
  expect(elsewhere[1]).toBeCloseTo(1071612.3712, 3)
})

test('a frame goes to the map and back; a system that cannot be reckoned here has none', () => {
  const frame = frameOf('EPSG:9209')!
  const back = frame.fromMap(frame.toMap([558148.2, 1071612.3712]))
  expect(back[0]).toBeCloseTo(558148.2, 3)
  expect(back[1]).toBeCloseTo(1071612.3712, 3)
  expect((onMap(land, frame) as Extract<Geometry, { type: 'MultiPolygon' }>).coordinates[0]![0]![0]![0]).toBeCloseTo(106.03, 1)
  expect(frameOf('EPSG:32648')).toBeUndefined()
  expect(frameOf('EPSG:4326')!.toMap([106, 9.6])).toEqual([106, 9.6])
})
