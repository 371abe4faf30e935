// Splits an area by a line. Each stretch of the line from border to border is a cut:
// between two places of one ring it makes two faces, between two rings (a hole is in
// the way) it joins them, and a later cut divides them again. Pure.
import type { Position } from 'geojson'
import { area, between, crossing, inside, same } from './plane'
import type { Part, Ring, Shape } from './shape'

export type Pieces = { whole: Shape; off: Shape[] } | 'misses' | 'ends inside'

interface Hit {
  line: number // how far along the line: segment and share
  p: Position
}

/** The larger piece keeps the feature, with its parts that were not cut; the others come off. */
export function split(s: Shape, line: readonly Position[]): Pieces {
  const off: Part[] = []
  let cut = false
  const kept: Part[] = []
  for (const part of s.parts) {
    const faces = cutPart(part, line)
    if (faces === 'ends inside') return faces
    cut ||= faces.length > 1
    const [first, ...rest] = [...faces].sort((a, b) => Math.abs(area(b[0]!)) - Math.abs(area(a[0]!)))
    kept.push(first!)
    off.push(...rest)
  }
  return cut ? { whole: { ...s, parts: kept }, off: off.map((part) => ({ type: s.type, parts: [part] })) } : 'misses'
}

function cutPart(part: Part, line: readonly Position[]): Part[] | 'ends inside' {
  const hits: Hit[] = []
  const rings = part.map((ring) => withCrossings(ring, line, hits))
  hits.sort((a, b) => a.line - b.line)
  const distinct = hits.filter((h, i) => i === 0 || !same(h.p, hits[i - 1]!.p))
  let faces: Part[] = [rings]
  for (let i = 0; i + 1 < distinct.length; i++) {
    const path = stretch(line, distinct[i]!, distinct[i + 1]!)
    if (within(part, path)) faces = faces.flatMap((f) => cutFace(f, path))
  }
  if (faces.length === 1) return [part]
  return faces.some((f) => f.some(isBridged)) ? 'ends inside' : faces
}

/** A ring with a vertex wherever the line crosses it. */
function withCrossings(ring: Ring, line: readonly Position[], hits: Hit[]): Ring {
  const out: Position[] = []
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length]!
    out.push(a)
    const here: (Hit & { u: number })[] = []
    for (let k = 0; k + 1 < line.length; k++) {
      const x = crossing(line[k]!, line[k + 1]!, a, b)
      if (x && x.u < 1) here.push({ line: k + x.t, u: x.u, p: x.u === 0 ? a : between(a, b, x.u) })
    }
    here.sort((p, q) => p.u - q.u)
    for (const h of here) {
      if (!same(out.at(-1)!, h.p)) out.push(h.p)
      hits.push(h)
    }
  })
  return out
}

/** The line from one crossing to the next, with its own vertices between them. */
function stretch(line: readonly Position[], from: Hit, to: Hit): Position[] {
  const middle = line.filter((_, k) => k > from.line && k < to.line)
  return [from.p, ...middle, to.p]
}

function within([outer, ...holes]: Part, path: readonly Position[]): boolean {
  const middle = between(path[0]!, path[1]!, 0.5)
  return inside(outer!, middle) && !holes.some((h) => inside(h, middle))
}

function cutFace(face: Part, path: readonly Position[]): Part[] {
  const has = (p: Position) => face.findIndex((ring) => ring.some((q) => same(p, q)))
  const [from, to] = [has(path[0]!), has(path.at(-1)!)]
  if (from < 0 || to < 0) return [face]
  return from === to ? divide(face, from, path) : [join(face, from, to, path)]
}

/** A ring from one of its vertices on, all the way round. */
function turned(ring: Ring, p: Position): Ring {
  const i = ring.findIndex((q) => same(p, q))
  return [...ring.slice(i), ...ring.slice(0, i)]
}

function divide(face: Part, which: number, path: readonly Position[]): Part[] {
  const ring = turned(face[which]!, path[0]!)
  const end = ring.findIndex((q) => same(q, path.at(-1)!))
  const inner = path.slice(1, -1)
  const one = [...ring.slice(0, end + 1), ...[...inner].reverse()]
  const two = [...ring.slice(end), ring[0]!, ...inner]
  const others = face.filter((_, i) => i !== which)
  if (which > 0) return divideHole(others, one, two)
  const of = (outer: Ring): Part => [outer, ...others.filter((h) => inside(outer, h[0]!))]
  return [of(one), of(two)]
}

/** A line from a hole back to the same hole cuts a face off around it. */
function divideHole([outer, ...others]: Part, one: Ring, two: Ring): Part[] {
  const [small, large] = Math.abs(area(one)) < Math.abs(area(two)) ? [one, two] : [two, one]
  const held = others.filter((h) => inside(small, h[0]!))
  return [[outer!, large, ...others.filter((h) => !held.includes(h))], [small, ...held]]
}

function join(face: Part, from: number, to: number, path: readonly Position[]): Part {
  const [a, b] = [turned(face[from]!, path[0]!), turned(face[to]!, path.at(-1)!)]
  const inner = path.slice(1, -1)
  const ring = [...a, a[0]!, ...inner, ...b, b[0]!, ...[...inner].reverse()]
  const others = face.filter((_, i) => i !== from && i !== to)
  return from === 0 || to === 0 ? [ring, ...others] : [face[0]!, ring, ...others.slice(1)]
}

/** Whether a ring goes along an edge and back again: the line stopped on its way. */
function isBridged(ring: Ring): boolean {
  const key = (a: Position, b: Position) => `${a[0]} ${a[1]} ${b[0]} ${b[1]}`
  const edges = new Set(ring.map((a, i) => key(a, ring[(i + 1) % ring.length]!)))
  return ring.some((a, i) => edges.has(key(ring[(i + 1) % ring.length]!, a)))
}
