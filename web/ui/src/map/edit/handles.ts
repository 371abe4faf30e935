// What of a shape can be taken in the hand: its vertices, and a handle half way along
// each side that is long enough. Pure.
import type { Position } from 'geojson'
import { between, distance, east, north } from './plane'
import { edges, places, type Place, type Shape } from './shape'

/** So many are drawn at once; of a shape with more, those in view. */
export const mostHandles = 1500

export interface Side {
  at: Place // its first vertex
  a: Position
  b: Position
}

export const isLong = ({ a, b }: Side, reach: number): boolean => distance(a, b) > 3 * reach

const farFrom = (p: Position, q: Position, reach: number): boolean => Math.abs(east(p) - east(q)) > reach || Math.abs(north(p) - north(q)) > reach

/** The vertex nearest to a place, within reach. */
export function vertexNear(s: Shape, p: Position, reach: number): Place | undefined {
  let found: Place | undefined
  let least = reach
  for (const v of places(s)) {
    if (farFrom(v.p, p, least)) continue
    const far = distance(v.p, p)
    if (far <= least) [found, least] = [v.at, far]
  }
  return found
}

/** The side whose middle is there. */
export function sideNear(s: Shape, p: Position, reach: number): Side | undefined {
  for (const side of edges(s)) {
    const middle = between(side.a, side.b, 0.5)
    if (!farFrom(middle, p, reach) && isLong(side, reach) && distance(middle, p) <= reach) return side
  }
  return undefined
}

/** The first of many that lie within a box; all when the box is not known. */
export function firstWithin<T>(all: Iterable<T>, where: (one: T) => Position, box: readonly number[] | undefined): T[] {
  const found: T[] = []
  for (const one of all) {
    const [x, y] = where(one) as [number, number]
    if (box && (x < box[0]! || y < box[1]! || x > box[2]! || y > box[3]!)) continue
    if (found.push(one) >= mostHandles) break
  }
  return found
}
