// A geometry taken apart for editing: parts of rings (or paths) of vertices. Whatever
// is not touched keeps its very coordinates, and goes back as it came: holes, other
// parts, heights. Pure.
import type { Geometry, Position } from 'geojson'
import { same } from './plane'

/** A path, or a ring without the last vertex, which repeats the first. */
export type Ring = readonly Position[]
export type Part = readonly Ring[]

export interface Shape {
  type: Exclude<Geometry['type'], 'GeometryCollection'>
  parts: readonly Part[]
}

/** One vertex of a shape. */
export interface Place {
  part: number
  ring: number
  i: number
}

export const isArea = (s: { type: string }): boolean => s.type === 'Polygon' || s.type === 'MultiPolygon'
export const isPoints = (s: { type: string }): boolean => s.type === 'Point' || s.type === 'MultiPoint'
/** The fewest vertices of a ring or path; where a layer holds any kind, those of a point. */
export const fewestOf = (type: string): number => (isArea({ type }) ? 3 : /line/i.test(type) ? 2 : 1)

const opened = (ring: Position[]): Ring => (ring.length > 1 && same(ring[0]!, ring.at(-1)!) ? ring.slice(0, -1) : ring)
const closed = (ring: Ring): Position[] => [...ring, ...ring.slice(0, 1)]

/** Takes a geometry apart; undefined for a collection, which is not edited. */
export function takeApart(g: Geometry): Shape | undefined {
  switch (g.type) {
    case 'Point': return { type: g.type, parts: [[[g.coordinates]]] }
    case 'MultiPoint': return { type: g.type, parts: g.coordinates.map((p) => [[p]]) }
    case 'LineString': return { type: g.type, parts: [[g.coordinates]] }
    case 'MultiLineString': return { type: g.type, parts: g.coordinates.map((path) => [path]) }
    case 'Polygon': return { type: g.type, parts: [g.coordinates.map(opened)] }
    case 'MultiPolygon': return { type: g.type, parts: g.coordinates.map((rings) => rings.map(opened)) }
    default: return undefined
  }
}

export function putTogether(s: Shape): Geometry {
  const [first] = s.parts
  switch (s.type) {
    case 'Point': return { type: s.type, coordinates: first![0]![0]! }
    case 'MultiPoint': return { type: s.type, coordinates: s.parts.map((p) => p[0]![0]!) }
    case 'LineString': return { type: s.type, coordinates: [...first![0]!] }
    case 'MultiLineString': return { type: s.type, coordinates: s.parts.map((p) => [...p[0]!]) }
    case 'Polygon': return { type: s.type, coordinates: first!.map(closed) }
    case 'MultiPolygon': return { type: s.type, coordinates: s.parts.map((p) => p.map(closed)) }
  }
}

export const ringAt = (s: Shape, { part, ring }: Place): Ring => s.parts[part]?.[ring] ?? []
export const vertexAt = (s: Shape, at: Place): Position | undefined => ringAt(s, at)[at.i]

/** Every vertex with its place, part after part. */
export function* places(s: Shape): Generator<{ at: Place; p: Position }> {
  for (const [part, rings] of s.parts.entries()) for (const [ring, list] of rings.entries()) for (const [i, p] of list.entries()) yield { at: { part, ring, i }, p }
}

/** Every edge with the place of its first vertex. */
export function* edges(s: Shape): Generator<{ at: Place; a: Position; b: Position }> {
  if (isPoints(s)) return
  for (const { at, p } of places(s)) {
    const ring = ringAt(s, at)
    const b = ring[at.i + 1] ?? (isArea(s) ? ring[0] : undefined)
    if (b) yield { at, a: p, b }
  }
}

export const countVertices = (s: Shape): number => s.parts.reduce((n, part) => part.reduce((k, ring) => k + ring.length, n), 0)

/** The number of a vertex among all, from 1 on. */
export function numberOf(s: Shape, at: Place): number {
  const before = [...s.parts.slice(0, at.part).flat(), ...(s.parts[at.part] ?? []).slice(0, at.ring)]
  return before.reduce((n, ring) => n + ring.length, 0) + at.i + 1
}

function withRing(s: Shape, at: Place, ring: Ring): Shape {
  return { ...s, parts: s.parts.map((p, n) => (n === at.part ? p.map((r, k) => (k === at.ring ? ring : r)) : p)) }
}

/** Heights are of the vertex that was measured: one that is moved has none that anybody knows, yet keeps its dimension. */
const moved = (from: Position, to: Position): Position => [to[0]!, to[1]!, ...from.slice(2)]

export const moveVertex = (s: Shape, at: Place, to: Position): Shape => withRing(s, at, ringAt(s, at).map((p, i) => (i === at.i ? moved(p, to) : p)))

/** Adds a vertex after the one named. */
export function insertVertex(s: Shape, at: Place, p: Position): Shape {
  const ring = ringAt(s, at)
  return withRing(s, at, [...ring.slice(0, at.i + 1), moved(ring[at.i] ?? p, p), ...ring.slice(at.i + 1)])
}

/** Takes a vertex out; undefined when nothing would be left of its ring. */
export function removeVertex(s: Shape, at: Place): Shape | undefined {
  const ring = ringAt(s, at)
  return ring.length > fewestOf(s.type) ? withRing(s, at, ring.filter((_, i) => i !== at.i)) : undefined
}

/** The vertex after or before another, round its ring and on to the next one. */
export function nextPlace(s: Shape, at: Place | undefined, by: 1 | -1): Place | undefined {
  const all = [...places(s)].map((v) => v.at)
  if (!at) return all[by > 0 ? 0 : all.length - 1]
  const now = all.findIndex((p) => p.part === at.part && p.ring === at.ring && p.i === at.i)
  return all[(now + by + all.length) % all.length]
}

/** A shape of the layer's kind from what was drawn; where a layer holds any kind, one that was closed is an area. */
export function drawn(kind: string, points: readonly Position[], closed = false): Shape | undefined {
  const any = points.length === 1 ? 'Point' : closed ? 'Polygon' : 'LineString'
  const type = (/^geometry$/i.test(kind) ? any : kind) as Shape['type']
  const s: Shape = { type, parts: [[points]] }
  return points.length >= fewestOf(s.type) ? s : undefined
}
