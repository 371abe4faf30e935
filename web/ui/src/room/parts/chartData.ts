// Buckets and live values to the columns the chart draws. Pure. Gaps stay gaps.
import type { Bucket } from '../../lib/types'

export type Columns = [x: number[], avg: (number | null)[], min: (number | null)[], max: (number | null)[]]

export interface LivePoint {
  t: number // ms
  value: number
}

/**
 * Joins buckets with the live points after them. Where two neighbours are
 * further apart than gapMs a hole is put between them, so no line bridges it.
 */
export function columns(buckets: readonly Bucket[], points: readonly LivePoint[], gapMs: number): Columns {
  const out: Columns = [[], [], [], []]
  let last = -Infinity
  const put = (t: number, avg: number, min: number, max: number) => {
    if (t <= last) return
    if (t - last > gapMs && last > 0) push(out, last + 1, null, null, null)
    push(out, t, avg, min, max)
    last = t
  }
  for (const b of buckets) if (b.n > 0) put(Date.parse(b.t), b.avg, b.min, b.max)
  for (const p of points) put(p.t, p.value, p.value, p.value)
  return out
}

function push(out: Columns, t: number, avg: number | null, min: number | null, max: number | null): void {
  out[0].push(t / 1000)
  out[1].push(avg)
  out[2].push(min)
  out[3].push(max)
}

export interface Extreme {
  t: number
  value: number
}

/** The lowest and highest value with their times. */
export function extremes(data: Columns): { low: Extreme; high: Extreme } | undefined {
  let low: Extreme | undefined
  let high: Extreme | undefined
  data[0].forEach((x, i) => {
    const min = data[2][i]
    const max = data[3][i]
    if (min != null && (!low || min < low.value)) low = { t: x * 1000, value: min }
    if (max != null && (!high || max > high.value)) high = { t: x * 1000, value: max }
  })
  return low && high && { low, high }
}

/** Round grid values, three to five of them, inside [min, max]. */
export function gridValues(min: number, max: number): number[] {
  const raw = (max - min) / 4
  if (!(raw > 0)) return []
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= raw)!
  const out: number[] = []
  for (let i = Math.ceil(min / step); i * step <= max; i++) out.push(i * step)
  return out
}
