// Geometry of the small charts over time. Pure.
import { axisDate, clock } from '../../lib/format'
import type { Locale } from '../../lib/locale.svelte'

export interface Point {
  t: number // ms
  v: number
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const zoneMs = 7 * hour // Việt Nam is UTC+7 all year
const steps = [minute, 2 * minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day]

/** Round instants of a window, at most `most` of them, with their words. */
export function timeTicks(from: number, to: number, most: number, lang: Locale): { t: number; label: string }[] {
  const step = steps.find((s) => (to - from) / s <= most) ?? steps.at(-1)!
  const out: { t: number; label: string }[] = []
  for (let t = Math.ceil((from + zoneMs) / step) * step - zoneMs; t <= to; t += step) {
    const midnight = (t + zoneMs) % day === 0
    out.push({ t, label: midnight ? axisDate(t, lang) : clock(t) })
  }
  return out
}

/** A position on a stretch of pixels. */
export const scale = (low: number, high: number, from: number, to: number) => (v: number): number =>
  high === low ? (from + to) / 2 : from + ((v - low) / (high - low)) * (to - from)

/** The line as an SVG path; where neighbours are further apart than gapMs it is broken. */
export function path(points: readonly Point[], x: (t: number) => number, y: (v: number) => number, gapMs = Infinity): string {
  return points.map((p, i) => `${i === 0 || p.t - points[i - 1]!.t > gapMs ? 'M' : 'L'}${x(p.t).toFixed(1)} ${y(p.v).toFixed(1)}`).join('')
}

/** The range of values with room above and below; zero is a floor where asked. */
export function range(values: readonly number[], fromZero: boolean): [low: number, high: number] {
  if (values.length === 0) return [0, 1]
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity] as [number, number])
  const pad = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 1e-6)
  return fromZero ? [0, Math.max(high + pad, 1)] : [low - pad, high + pad]
}

/** The point nearest to an instant. */
export function nearest(points: readonly Point[], t: number): Point | undefined {
  return points.reduce<Point | undefined>((best, p) => (best && Math.abs(best.t - t) <= Math.abs(p.t - t) ? best : p), undefined)
}
