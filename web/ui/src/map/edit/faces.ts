// Areas from directed edges that all have their ground to the left: edges are chained
// to rings, and each hole finds the ring around it. Pure.
import type { Position } from 'geojson'
import { area, east, inside, north, same } from './plane'
import type { Part, Ring } from './shape'

export type Edge = readonly [Position, Position]

const key = (p: Position): string => `${p[0]} ${p[1]}`
/** What an edge is called by, the same in whatever ring it is. */
export const edgeKey = ([a, b]: Edge): string => `${key(a)} ${key(b)}`
export const edgesOf = (ring: Ring): Edge[] => ring.map((a, i) => [a, ring[(i + 1) % ring.length]!] as const).filter(([a, b]) => !same(a, b))

/** Rings so that the ground is to the left of each edge: the outer one against the clock, holes with it. */
export const leftHanded = (part: Part): Part => part.map((ring, i) => (area(ring) > 0 === (i === 0) ? ring : [...ring].reverse()))

const angle = ([a, b]: Edge): number => Math.atan2(north(b) - north(a), east(b) - east(a))

/** Chains edges to rings; where several go on, the one furthest to the left, and a ring that touches itself is parted there. */
export function chain(edges: readonly Edge[]): Ring[] {
  const from = new Map<string, Edge[]>()
  for (const e of edges) {
    const there = from.get(key(e[0]))
    if (there) there.push(e)
    else from.set(key(e[0]), [e])
  }
  return edges.flatMap((e) => (from.get(key(e[0]))?.includes(e) ? walk(e, from) : []))
}

/** From one edge on until there is no way: what was walked is taken out. */
function walk(first: Edge, from: Map<string, Edge[]>): Ring[] {
  const rings: Ring[] = []
  const path: Position[] = []
  const at = new Map<string, number>()
  for (let e: Edge | undefined = first; e; e = onward(e, from)) {
    const there = from.get(key(e[0]))!
    there.splice(there.indexOf(e), 1)
    part(path, at, e[0], rings)
    at.set(key(e[0]), path.length)
    path.push(e[0])
    part(path, at, e[1], rings)
  }
  return rings.filter((r) => r.length > 2)
}

/** Takes the ring off that a path has closed by coming to a place again. */
function part(path: Position[], at: Map<string, number>, p: Position, rings: Ring[]): void {
  const back = at.get(key(p))
  if (back === undefined) return
  const ring = path.splice(back)
  for (const q of ring) at.delete(key(q))
  rings.push(ring)
}

function onward(e: Edge, from: Map<string, Edge[]>): Edge | undefined {
  const ways = from.get(key(e[1])) ?? []
  if (ways.length < 2) return ways[0]
  const back = angle([e[1], e[0]])
  const round = (way: Edge) => (back - angle(way) + 4 * Math.PI) % (2 * Math.PI) || 2 * Math.PI // with the clock, from where it came
  return ways.reduce((best, way) => (round(way) < round(best) ? way : best))
}

/** A place within a ring, away from its border: half way across it where it is tall. */
export function innerPoint(ring: Ring): Position {
  const levels = [...new Set(ring.map(north))].sort((a, b) => a - b)
  let [low, tall] = [0, -1]
  for (let i = 0; i + 1 < levels.length; i++) if (levels[i + 1]! - levels[i]! > tall) [low, tall] = [levels[i]!, levels[i + 1]! - levels[i]!]
  const y = low + tall / 2
  const across = edgesOf(ring).filter(([a, b]) => north(a) > y !== north(b) > y).map(([a, b]) => east(a) + ((y - north(a)) / (north(b) - north(a))) * (east(b) - east(a))).sort((a, b) => a - b)
  return [((across[0] ?? 0) + (across[1] ?? 0)) / 2, y]
}

/** Puts each hole into the smallest ring around it, holes that touch it too; undefined when one finds none. A ring as large as the hole is the area that fills it. */
export function assemble(rings: readonly Ring[]): Part[] | undefined {
  const outer = rings.filter((r) => area(r) > 0).sort((a, b) => area(a) - area(b)).map((ring): Ring[] => [ring])
  for (const hole of rings.filter((r) => area(r) < 0)) {
    const p = innerPoint(hole)
    const home = outer.find(([ring]) => area(ring!) > -area(hole) * (1 + 1e-9) && inside(ring!, p))
    if (!home) return undefined
    home.push(hole)
  }
  return outer.reverse()
}

/** The ground of a part: its outer ring without its holes. */
export const ground = (part: Part): number => part.reduce((n, r, i) => n + (i ? -1 : 1) * Math.abs(area(r)), 0)
