// Merges two areas that share a border: the edges that both have, each the other way
// round, fall away, and what is left is chained to rings again. Pure.
import type { Position } from 'geojson'
import { assemble, chain, edgeKey, edgesOf, leftHanded } from './faces'
import { near, type Near } from './near'
import { along, between, distance, same } from './plane'
import type { Part, Ring, Shape } from './shape'

/** The one area of both, undefined when they share no border. close: borders this close are one, what surveys of the same boundary stone differ by; two centimetres in the shapes' unit. */
export function merge(a: Shape, b: Shape, close = 0.02): Shape | undefined {
  const [one, other] = meet(a, b, close)
  const all = [...one, ...other].flatMap(leftHanded).flatMap(edgesOf)
  const has = new Set(all.map(edgeKey))
  const left = all.filter(([p, q]) => !has.has(edgeKey([q, p])))
  if (left.length === all.length) return undefined
  const parts = assemble(chain(left))
  return parts && { type: parts.length > 1 ? 'MultiPolygon' : a.type, parts }
}

const verticesOf = (parts: readonly Part[]): Position[] => parts.flatMap((p) => p.flat())
const eachRing = (parts: readonly Part[], f: (ring: Ring) => Ring): Part[] => parts.map((part) => part.map(f))

/** Both with their vertices in each other's edges, and vertices that nearly meet met: on the nearest of the first one's. */
function meet(a: Shape, b: Shape, close: number): [Part[], Part[]] {
  const ofA = near(verticesOf(a.parts))
  const second = eachRing(b.parts, (ring) => ring.map((p) => closest(p, ofA, close)))
  const ofB = near(verticesOf(second))
  return [eachRing(a.parts, (ring) => withVertices(ring, ofB, close)), eachRing(second, (ring) => withVertices(ring, ofA, close))]
}

function closest(p: Position, all: Near, close: number): Position {
  let [found, least] = [p, close]
  for (const q of all(p, p, close)) {
    const far = distance(p, q)
    if (far <= least) [found, least] = [q, far]
  }
  return found
}

/** A ring with those points among its vertices that lie on its edges. */
function withVertices(ring: Ring, points: Near, close: number): Ring {
  return ring.flatMap((a, i) => {
    const b = ring[(i + 1) % ring.length]!
    const on = points(a, b, close).map((p) => ({ p, t: along(a, b, p) })).filter(({ p, t }) => t > 0 && t < 1 && !same(p, a) && !same(p, b) && distance(p, between(a, b, t)) <= close)
    return [a, ...on.sort((x, y) => x.t - y.t).map((x) => x.p).filter((p, k, all) => k === 0 || !same(p, all[k - 1]!))]
  })
}
