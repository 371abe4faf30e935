import { expect, test } from 'vitest'
import type { Position } from 'geojson'
import { ground } from './faces'
import { merge } from './merge'
import { between, distance } from './plane'
import { edges, takeApart, type Shape } from './shape'
import { split } from './split'

const polygon = (...rings: Position[][]): Shape => takeApart({ type: 'Polygon', coordinates: rings.map((r) => [...r, r[0]!]) })!
const box = (x: number, y: number, w: number, h = w): Position[] => [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
const sum = (...shapes: Shape[]): number => shapes.reduce((n, s) => n + s.parts.reduce((k, p) => k + ground(p), 0), 0)
const shortest = (s: Shape): number => Math.min(...[...edges(s)].map(({ a, b }) => distance(a, b)))

/** The same numbers each time. */
function chance(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296
    return seed / 4294967296
  }
}

/** A parcel of eight corners around a place, with a hole in it. */
function parcel(random: () => number, metre: number, [x, y]: [number, number]): Shape {
  const outer = Array.from({ length: 8 }, (_, i): Position => {
    const [turn, far] = [(i + 0.6 * random()) * (Math.PI / 4), (30 + 20 * random()) * metre]
    return [x + far * Math.cos(turn), y + far * Math.sin(turn)]
  })
  return polygon(outer, box(x - 5 * metre, y - 5 * metre, 10 * metre).reverse())
}

function pieces(s: Shape, line: Position[], near?: number): Shape[] {
  const cut = split(s, line, near)
  return typeof cut === 'string' ? [] : [cut.whole, ...cut.off]
}

const systems: { name: string; metre: number; at: [number, number]; digits: number }[] = [
  { name: 'metres', metre: 1, at: [558100, 1071000], digits: 1e4 }, { name: 'degrees', metre: 1 / 111_320, at: [105.97, 9.6], digits: 1e10 },
]

test.each(systems)('a cut between points that were snapped and rounded divides, in $name', ({ metre, at, digits }) => {
  const random = chance(7)
  const rounded = (p: Position): Position => p.map((c) => Math.round(c * digits) / digits)
  for (let n = 0; n < 1000; n++) {
    const s = parcel(random, metre, at)
    const ring = s.parts[0]![0]!
    const [i, half] = [Math.floor(random() * 8), 3 + Math.floor(random() * 3)]
    const on = (k: number): Position => (n % 3 === 0 ? ring[k % 8]! : between(ring[k % 8]!, ring[(k + 1) % 8]!, 0.1 + 0.8 * random()))
    const line = [on(i), on(i + half)].map(n % 2 ? rounded : (p) => p)
    if (n % 4 === 0) line[1] = [...line[1]!.map((c, k) => c + 0.2 * (c - at[k]!))] // and beyond the border
    const made = pieces(s, line, 0.01 * metre)
    expect(made.length, `cut ${n}`).toBeGreaterThan(1)
    expect(Math.abs(sum(...made) - sum(s)) / metre ** 2, `cut ${n}`).toBeLessThan(1e-3)
    expect(Math.min(...made.map(shortest)) / metre, `cut ${n}`).toBeGreaterThan(1e-3)
  }
})

test('a hole that touches the border stays, wherever the cut goes', () => {
  const s = polygon(box(0, 0, 10), [[0, 5], [2, 6], [2, 4]]) // touches half way along an edge
  expect(sum(s)).toBe(98)
  for (const line of [[[5, -1], [5, 11]], [[-1, 5], [11, 5]], [[0, 5], [11, 7]], [[1, -1], [1, 11]], [[-1, 4.5], [11, 4.5]]]) {
    const made = pieces(s, line)
    expect(made.length, JSON.stringify(line)).toBeGreaterThan(1)
    expect(sum(...made), JSON.stringify(line)).toBeCloseTo(98, 9)
  }
  const cornered = polygon(box(0, 0, 10), [[0, 0], [2, 3], [3, 2]])
  expect(sum(...pieces(cornered, [[-1, -1], [11, 11]]))).toBeCloseTo(97.5, 9)
  expect(sum(...pieces(cornered, [[0, 10], [10, 0]]))).toBeCloseTo(97.5, 9)
})

test('a cut along the border, through itself or around a hole makes sound pieces', () => {
  expect(pieces(polygon(box(0, 0, 10)), [[4, 0], [10, 0], [6, 6], [-1, 6]]).map((s) => sum(s)).sort((a, b) => a - b)).toEqual([48, 52])
  const loop = pieces(polygon(box(0, 0, 10)), [[5, -1], [5, 8], [8, 8], [8, 4], [-1, 4]])
  expect(loop.map((s) => sum(s)).sort((a, b) => a - b)).toEqual([12, 20, 68])
  const around = pieces(polygon(box(0, 0, 10), box(4, 4, 2).reverse()), [[5, 5], [5, 8], [8, 8], [8, 5], [5, 5]])
  expect(sum(...around)).toBeCloseTo(96, 9)
  expect(around).toHaveLength(2)
  expect(pieces(polygon(box(0, 0, 10)), [[0, 0], [10, 0]])).toEqual([])
})

test('neighbours in degrees and in metres merge alike, over the nearest vertices', () => {
  expect(merge(polygon(box(105, 9, 0.05)), polygon(box(105.05, 9, 0.05)), 0.02 / 111_320)!.parts).toHaveLength(1)
  expect(sum(merge(polygon(box(105, 9, 0.05)), polygon(box(105.05, 9, 0.05)), 0.02 / 111_320)!)).toBeCloseTo(0.005, 9)
  const double = polygon([[0, 0], [10, 0], [10, 9.985], [10, 10], [0, 10]])
  expect(sum(merge(double, polygon([[10, 0], [20, 0], [20, 10], [10, 10], [10, 9.985]]))!)).toBeCloseTo(200, 9)
})

test('a hole that touches the border of one is there after merging', () => {
  const both = merge(polygon(box(0, 0, 10), [[0, 5], [2, 6], [2, 4]]), polygon(box(10, 0, 10)))!
  expect(sum(both)).toBeCloseTo(198, 9)
  expect(both.parts[0]).toHaveLength(2)
})

test('neighbours with a border of thousands of vertices merge while one waits', () => {
  const n = 20_000
  const border = Array.from({ length: n }, (_, i): Position => [10 + Math.sin(i), i / 10])
  const top = (n - 1) / 10
  const both = merge(polygon([[0, 0], ...border, [0, top]]), polygon([[20, top], ...[...border].reverse(), [20, 0]]))!
  expect(sum(both)).toBeCloseTo(20 * top, 6)
})
