// Splits an area by a line. The line meets the border where it crosses it, and where
// one comes within a centimetre of the other: points that were snapped are rounded.
// Each stretch from border to border that lies within is an edge of both pieces; one
// that ends before it comes there is none. Pure.
import type { Position } from 'geojson'
import { assemble, chain, edgeKey, edgesOf, ground, leftHanded, type Edge } from './faces'
import { along, between, crossing, distance, inside, same } from './plane'
import type { Part, Ring, Shape } from './shape'

export type Pieces = { whole: Shape; off: Shape[] } | 'misses' | 'ends inside'

/** Where the line meets a ring. */
interface Hit {
  ring: number
  i: number // the edge that it is on, by its first vertex
  u: number // and how far along it; 0: the vertex itself
  line: number // how far along the line: segment and share
  p: Position
}

/** The larger piece keeps the feature, with its parts that were not cut; the others come off. near: a centimetre in the shape's unit. */
export function split(s: Shape, drawn: readonly Position[], near = 0.01): Pieces {
  const line = noded(drawn)
  const off: Part[] = []
  let cut = false
  const kept: Part[] = []
  for (const part of s.parts) {
    const faces = cutPart(part, line, near)
    if (!faces) return 'misses'
    cut ||= faces.length > 1
    const [first, ...rest] = [...faces].sort((a, b) => ground(b) - ground(a))
    kept.push(first!)
    off.push(...rest)
  }
  if (cut) return { whole: { ...s, parts: kept }, off: off.map((part) => ({ type: s.type, parts: [part] })) }
  return [line[0]!, line.at(-1)!].some((p) => s.parts.some((part) => within(part, p))) ? 'ends inside' : 'misses'
}

/** A line with a point wherever it crosses itself, the same on both ways. */
function noded(line: readonly Position[]): Position[] {
  const more = line.map((): { t: number; p: Position }[] => [])
  for (let i = 0; i + 1 < line.length; i++) {
    for (let j = i + 2; j + 1 < line.length; j++) {
      const x = crossing(line[i]!, line[i + 1]!, line[j]!, line[j + 1]!)
      if (!x) continue
      const p = between(line[i]!, line[i + 1]!, x.t)
      more[i]!.push({ t: x.t, p })
      more[j]!.push({ t: x.u, p })
    }
  }
  return line.flatMap((p, k) => [p, ...more[k]!.sort((a, b) => a.t - b.t).map((x) => x.p)])
}

function cutPart(part: Part, line: readonly Position[], near: number): Part[] | undefined {
  const handed = leftHanded(part)
  const hits = meeting(handed.flatMap((ring, k) => hitsOn(ring, k, line, near)), near)
  const border = handed.map((ring, k) => withHits(ring, hits.filter((h) => h.ring === k))).flatMap(edgesOf)
  const cuts = cutEdges(part, line, hits, new Set(border.map(edgeKey)), near)
  if (!cuts.length) return [part]
  const faces = assemble(chain([...border, ...cuts]))
  if (!faces || !sameGround(part, faces, near)) return undefined
  return faces.length === 1 ? [part] : faces.map((f) => (handed[0] === part[0] ? f : f.map((r) => [...r].reverse())))
}

/** Where a line meets one ring: at vertices it comes near to, else where it crosses an edge or has a point on it. */
function hitsOn(ring: Ring, k: number, line: readonly Position[], near: number): Hit[] {
  return ring.flatMap((a, i) => {
    const b = ring[(i + 1) % ring.length]!
    const at = (u: number, far: number): Hit => {
      const p = between(a, b, u)
      const [first, last] = [distance(p, a) <= near, distance(p, b) <= near]
      return first ? { ring: k, i, u: 0, line: far, p: a } : last ? { ring: k, i: (i + 1) % ring.length, u: 0, line: far, p: b } : { ring: k, i, u, line: far, p }
    }
    return [...nearVertex(a, line, near).map((far) => at(0, far)), ...onEdge(a, b, line, near).map(([u, far]) => at(u, far))]
  })
}

/** How far along the line it passes by a vertex. */
function nearVertex(p: Position, line: readonly Position[], near: number): number[] {
  const found: number[] = []
  for (let k = 0; k + 1 < line.length; k++) {
    const t = along(line[k]!, line[k + 1]!, p)
    if (distance(p, between(line[k]!, line[k + 1]!, t)) <= near) found.push(k + t)
  }
  return found
}

/** Where the line crosses an edge or has a point upon it: how far along the edge, and along the line. */
function onEdge(a: Position, b: Position, line: readonly Position[], near: number): [number, number][] {
  const found: [number, number][] = []
  line.forEach((p, k) => {
    const u = along(a, b, p)
    if (distance(p, between(a, b, u)) <= near) found.push([u, k])
    const x = k + 1 < line.length ? crossing(p, line[k + 1]!, a, b) : undefined
    if (x) found.push([x.u, k + x.t])
  })
  return found
}

/** The hits in order of the line; those that are one but for rounding at one place, a vertex where one is among them. */
function meeting(hits: Hit[], near: number): Hit[] {
  const sorted = hits.sort((a, b) => a.line - b.line)
  const vertices = sorted.filter((h) => h.u === 0)
  const places: Position[] = []
  return sorted.map((h) => {
    const p = h.u === 0 ? h.p : (vertices.find((v) => distance(v.p, h.p) <= near)?.p ?? places.find((q) => distance(q, h.p) <= near) ?? h.p)
    if (!places.includes(p)) places.push(p)
    return { ...h, p }
  })
}

/** A ring with a vertex wherever the line meets it. */
function withHits(ring: Ring, hits: readonly Hit[]): Ring {
  return ring.flatMap((a, i) => {
    const here = hits.filter((h) => h.i === i && h.u > 0).sort((x, y) => x.u - y.u)
    return [a, ...here.map((h) => h.p)].filter((p, k, all) => k === 0 || !same(p, all[k - 1]!))
  })
}

/** The stretches of the line that lie within, each there and back. */
function cutEdges(part: Part, line: readonly Position[], hits: readonly Hit[], border: ReadonlySet<string>, near: number): Edge[] {
  const cuts: Edge[] = []
  for (let i = 0; i + 1 < hits.length; i++) {
    const [from, to] = [hits[i]!, hits[i + 1]!]
    const middle = line.filter((p, k) => k > from.line && k < to.line && distance(p, from.p) > near && distance(p, to.p) > near)
    const path = [from.p, ...middle, to.p]
    for (const [a, b] of path.slice(1).map((b, k) => [path[k]!, b] as const)) {
      if (!same(a, b) && !border.has(edgeKey([a, b])) && !border.has(edgeKey([b, a])) && within(part, between(a, b, 0.5))) cuts.push([a, b], [b, a])
    }
  }
  return [...new Map(cuts.map((e) => [edgeKey(e), e])).values()]
}

const within = ([outer, ...holes]: Part, p: Position): boolean => inside(outer!, p) && !holes.some((h) => inside(h, p))

/** Whether the pieces are all of it: else nothing is made of it. */
function sameGround(part: Part, faces: readonly Part[], near: number): boolean {
  const border = part.flatMap(edgesOf).reduce((n, [a, b]) => n + distance(a, b), 0)
  return Math.abs(ground(part) - faces.reduce((n, f) => n + ground(f), 0)) <= near * border
}
