// The queue's length over the last minutes, as this post has seen it; kept while
// the person moves between pages.
import type { Ingest } from './contract'
import type { Point } from './plot'

export const historyMs = 10 * 60_000

let points = $state.raw<Point[]>([])

export const queueHistory = (): Point[] => points

/** Adds what the server now says; one point an answer. */
export function remember(i: Ingest): void {
  const t = Date.parse(i.now)
  const last = points.at(-1)
  if (last && t <= last.t) return
  points = [...points.filter((p) => p.t > t - historyMs), { t, v: i.queue.pending }]
}
