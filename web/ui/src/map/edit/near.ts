// Finds those of many points that are near an edge, without looking at each. Pure.
import type { Position } from 'geojson'
import { east, north } from './plane'

/** The points in the box of an edge, and that much around it. */
export type Near = (a: Position, b: Position, around: number) => Position[]

/** Points in order of the direction in which they are spread more. */
export function near(points: readonly Position[]): Near {
  const [first, other] = spread(points, east) >= spread(points, north) ? [east, north] : [north, east]
  const sorted = [...points].sort((p, q) => first(p) - first(q))
  return (a, b, around) => {
    const [from, to] = [Math.min(first(a), first(b)) - around, Math.max(first(a), first(b)) + around]
    const [low, high] = [Math.min(other(a), other(b)) - around, Math.max(other(a), other(b)) + around]
    const found: Position[] = []
    for (let i = start(sorted, first, from); i < sorted.length && first(sorted[i]!) <= to; i++) {
      if (other(sorted[i]!) >= low && other(sorted[i]!) <= high) found.push(sorted[i]!)
    }
    return found
  }
}

function spread(points: readonly Position[], of: (p: Position) => number): number {
  let [least, most] = [Infinity, -Infinity]
  for (const p of points) [least, most] = [Math.min(least, of(p)), Math.max(most, of(p))]
  return most - least
}

/** The first of sorted points that is not before. */
function start(sorted: readonly Position[], of: (p: Position) => number, from: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (of(sorted[middle]!) < from) low = middle + 1
    else high = middle
  }
  return low
}
