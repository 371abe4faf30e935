// The readings of one datastream over a stretch of time, each with what has been said of it.
import { call, Problem } from '../../lib/api'
import type { Reading } from './contract'
import { replaced } from './readings'

export const pageOf = 500

interface Answer {
  readings: Reading[] | null
}

export class Readings {
  list = $state.raw<Reading[]>([]) // newest first
  loaded = $state(false)
  more = $state(false) // older ones of the stretch are not here yet
  busy = $state(false)
  problem = $state.raw<Problem | undefined>()
  #asked = 0

  constructor(private readonly stream: number) {}

  /** Reads the newest readings of the stretch, or with older those before the last one here. */
  async read(from: number, to: number, older = false): Promise<void> {
    const asked = ++this.#asked
    this.busy = true
    const last = older ? this.list.at(-1) : undefined
    const end = last ? last.time : new Date(to).toISOString() // itself left out
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: end, limit: String(pageOf) })
    try {
      const page = (await call<Answer>(`/datastreams/${this.stream}/readings?${query}`)).readings ?? []
      if (asked !== this.#asked) return
      this.list = last ? [...this.list, ...page] : page
      this.more = page.length === pageOf
      this.loaded = true
      this.problem = undefined
    } catch (cause) {
      if (asked === this.#asked) this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    } finally {
      if (asked === this.#asked) this.busy = false
    }
  }

  /** Says something of a reading, or takes it back; what the server then knows replaces it here. */
  async flag(time: string, flag: string, set: boolean, reason: string): Promise<void> {
    const next = await call<Reading>(`/datastreams/${this.stream}/flags`, { method: 'POST', body: { time, flag, set, reason } })
    this.list = replaced(this.list, next)
  }
}
