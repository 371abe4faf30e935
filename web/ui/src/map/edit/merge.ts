// Merges two areas that share a border: the edges that both have, each the other way
// round, fall away, and what is left is chained to rings again. Pure.
import type { Position } from 'geojson'
import { along, area, between, distance, inside, same } from './plane'
import type { Part, Ring, Shape } from './shape'

/** Two borders this close are one: what surveys of the same boundary stone differ by. */
const closeM = 0.02

type Edge = readonly [Position, Position]

/** The one area of both, undefined when they share no border. */
export function merge(a: Shape, b: Shape): Shape | undefined {
  const [one, other] = meet(a, b)
  const all = [...ringsOf(one), ...ringsOf(other)].flatMap(edgesOf)
  const key = (p: Position, q: Position) => `${p[0]} ${p[1]} ${q[0]} ${q[1]}`
  const has = new Set(all.map(([p, q]) => key(p, q)))
  const left = all.filter(([p, q]) => !has.has(key(q, p)))
  if (left.length === all.length) return undefined
  const parts = assemble(chain(left))
  return { type: parts.length > 1 ? 'MultiPolygon' : a.type, parts }
}

/** Both with their vertices in each other's edges, and vertices that nearly meet met: on the first one's. */
function meet(a: Shape, b: Shape): [Part[], Part[]] {
  const of = (s: Shape) => s.parts.flatMap((p) => p.flat())
  const onto = (p: Position) => of(a).find((q) => distance(p, q) <= closeM) ?? p
  const second = b.parts.map((part) => part.map((ring) => ring.map(onto)))
  const first = a.parts.map((part) => part.map((ring) => withVertices(ring, second.flat(2))))
  return [first, second.map((part) => part.map((ring) => withVertices(ring, of(a))))]
}

/** A ring with those points among its vertices that lie on its edges. */
function withVertices(ring: Ring, points: readonly Position[]): Ring {
  return ring.flatMap((a, i) => {
    const b = ring[(i + 1) % ring.length]!
    const on = points.map((p) => ({ p, t: along(a, b, p) })).filter(({ p, t }) => t > 0 && t < 1 && !same(p, a) && !same(p, b) && distance(p, between(a, b, t)) <= closeM)
    return [a, ...on.sort((x, y) => x.t - y.t).map((x) => x.p).filter((p, k, all) => k === 0 || !same(p, all[k - 1]!))]
  })
}

/** Rings so that the ground is to the left of each edge: outer ones against the clock, holes with it. */
function ringsOf(parts: readonly Part[]): Ring[] {
  return parts.flatMap((part) => part.map((ring, i) => (area(ring) > 0 === (i === 0) ? ring : [...ring].reverse())))
}

const edgesOf = (ring: Ring): Edge[] => ring.map((a, i) => [a, ring[(i + 1) % ring.length]!] as const).filter(([a, b]) => !same(a, b))

/** Chains edges to rings, and parts a ring that touches itself there. */
function chain(edges: readonly Edge[]): Ring[] {
  const key = (p: Position) => `${p[0]} ${p[1]}`
  const from = new Map<string, Edge[]>()
  for (const e of edges) from.set(key(e[0]), [...(from.get(key(e[0])) ?? []), e])
  const rings: Ring[] = []
  for (const first of edges) {
    const path: Position[] = []
    for (let e = from.get(key(first[0]))?.pop(); e; e = from.get(key(e[1]))?.pop()) {
      const back = path.findIndex((p) => same(p, e![0]))
      if (back >= 0) rings.push(path.splice(back))
      path.push(e[0])
    }
    if (path.length > 2) rings.push(path)
  }
  return rings.filter((r) => r.length > 2)
}

/** Puts each hole into the outer ring around it. */
function assemble(rings: readonly Ring[]): Part[] {
  const outer = rings.filter((r) => area(r) > 0)
  const holes = rings.filter((r) => area(r) < 0)
  const around = (h: Ring) => outer.findIndex((o) => h.every((p) => inside(o, p) || o.some((q) => same(p, q))))
  return outer.map((o, i) => [o, ...holes.filter((h) => around(h) === i)])
}
