// The history of one datastream for the chart: buckets from the server, then
// live values as they come. Read again when the line comes back, so that what
// was missed while it was cut is there.
import { call, Problem } from '../../lib/api'
import type { Bucket } from '../../lib/types'
import { columns, type Columns, type LivePoint } from './chartData'

const buckets = 240
const mostPoints = 2000

interface Answer {
  buckets: Bucket[] | null
}

export class Series {
  loading = $state(true)
  problem = $state.raw<Problem | undefined>()
  #buckets = $state.raw<Bucket[]>([])
  #points = $state.raw<LivePoint[]>([])
  #abort: AbortController | undefined
  #gapMs = 0

  /** Columns for the chart. Reactive. */
  readonly data = $derived<Columns>(columns(this.#buckets, this.#points, this.#gapMs))

  /** Reads the window again. intervalS is how often the station speaks. */
  async read(id: number, from: number, to: number, intervalS: number): Promise<void> {
    this.#abort?.abort()
    const abort = (this.#abort = new AbortController())
    const bucketMs = (to - from) / buckets
    this.loading = true
    this.problem = undefined
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), buckets: String(buckets) })
    try {
      const answer = await call<Answer>(`/datastreams/${id}/observations?${query}`, { signal: abort.signal })
      this.#gapMs = Math.max(bucketMs * 1.5, intervalS * 3000)
      this.#buckets = answer.buckets ?? []
      const last = this.#buckets.at(-1)
      const reached = last ? Date.parse(last.t) + bucketMs : 0
      this.#points = this.#points.filter((p) => p.t > reached)
      this.loading = false
    } catch (cause) {
      if (abort.signal.aborted) return
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
      this.loading = false
    }
  }

  /** Adds a live value; an older or repeated one is left out. */
  append(point: LivePoint): void {
    const last = this.#points.at(-1)
    if (last && point.t <= last.t) return
    this.#points = [...this.#points.slice(-mostPoints), point]
  }

  clear(): void {
    this.#abort?.abort()
    this.#buckets = []
    this.#points = []
  }
}
