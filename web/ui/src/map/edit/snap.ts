// Where a vertex that is moved shall go: onto a vertex of a neighbour, else onto its
// edge, when one is near enough. Pure.
import type { Position } from 'geojson'
import { distance, nearest } from './plane'
import { edges, places, type Shape } from './shape'

export interface Neighbour {
  fid: number
  shape: Shape
}

export interface Snap {
  to: Position
  kind: 'vertex' | 'edge'
  fid: number
}

/** The place to snap to within a reach; a vertex before an edge, for borders meet at vertices. */
export function snap(p: Position, neighbours: readonly Neighbour[], reach: number): Snap | undefined {
  return best(p, neighbours, reach, 'vertex', vertices) ?? best(p, neighbours, reach, 'edge', onEdges)
}

function best(p: Position, all: readonly Neighbour[], reach: number, kind: Snap['kind'], candidates: (s: Shape, p: Position) => Iterable<Position>): Snap | undefined {
  let found: Snap | undefined
  let least = reach
  for (const { fid, shape } of all) {
    for (const to of candidates(shape, p)) {
      const far = distance(p, to)
      if (far <= least) [found, least] = [{ to, kind, fid }, far]
    }
  }
  return found
}

function* vertices(s: Shape): Generator<Position> {
  for (const { p } of places(s)) yield p
}

function* onEdges(s: Shape, p: Position): Generator<Position> {
  for (const { a, b } of edges(s)) yield nearest(a, b, p)
}
