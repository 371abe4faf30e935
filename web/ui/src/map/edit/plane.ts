// Plane geometry in the metres of a layer's own system: east, north. Pure.
import type { Position } from 'geojson'

export const east = (p: Position): number => p[0]!
export const north = (p: Position): number => p[1]!

export const same = (a: Position, b: Position): boolean => a[0] === b[0] && a[1] === b[1]

export const distance = (a: Position, b: Position): number => Math.hypot(east(b) - east(a), north(b) - north(a))

/** Twice the area to the left of a turn: positive to the left, negative to the right. */
export const turn = (a: Position, b: Position, c: Position): number =>
  (east(b) - east(a)) * (north(c) - north(a)) - (north(b) - north(a)) * (east(c) - east(a))

/** How far along a segment, 0 to 1, is nearest to a point. */
export function along(a: Position, b: Position, p: Position): number {
  const [dx, dy] = [east(b) - east(a), north(b) - north(a)]
  const long = dx * dx + dy * dy
  if (long === 0) return 0
  return Math.min(1, Math.max(0, ((east(p) - east(a)) * dx + (north(p) - north(a)) * dy) / long))
}

export const between = (a: Position, b: Position, t: number): Position => [east(a) + t * (east(b) - east(a)), north(a) + t * (north(b) - north(a))]

/** The place on a segment nearest to a point; the ends themselves, not nearly they. */
export function nearest(a: Position, b: Position, p: Position): Position {
  const t = along(a, b, p)
  return t === 0 ? a : t === 1 ? b : between(a, b, t)
}

/** The signed area of an open ring: positive when it goes against the clock. Counted from its first vertex, for coordinates are large. */
export function area(ring: readonly Position[]): number {
  let twice = 0
  for (let i = 1; i + 1 < ring.length; i++) twice += turn(ring[0]!, ring[i]!, ring[i + 1]!)
  return twice / 2
}

export function inside(ring: readonly Position[], p: Position): boolean {
  let is = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i]!, ring[j]!]
    if (north(a) > north(p) !== north(b) > north(p) && east(p) < ((east(b) - east(a)) * (north(p) - north(a))) / (north(b) - north(a)) + east(a)) is = !is
  }
  return is
}

/** Where two segments cross, as shares of both; undefined when they do not, or run along each other. */
export function crossing(a: Position, b: Position, c: Position, d: Position): { t: number; u: number } | undefined {
  const [rx, ry, sx, sy] = [east(b) - east(a), north(b) - north(a), east(d) - east(c), north(d) - north(c)]
  const cross = rx * sy - ry * sx
  if (cross === 0) return undefined
  const [qx, qy] = [east(c) - east(a), north(c) - north(a)]
  const [t, u] = [(qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross]
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? { t, u } : undefined
}

/** Whether two places of a shape are one. */
export const equalPlace = (a: { part: number; ring: number; i: number }, b: { part: number; ring: number; i: number }): boolean => a.part === b.part && a.ring === b.ring && a.i === b.i
