// Looks at one report, and looks again by itself while it is not filed yet. A
// page in the background does not ask.
import { call, Problem } from '../../lib/api'
import { pauseS } from './poll'
import type { Tracked } from './tracked'

export class Watch {
  report = $state.raw<Tracked | null>(null)
  unknown = $state(false)
  failed = $state(false) // the last look failed; `report` is then what was seen before
  detail = $state('')
  seenAt = $state(0)

  #code: string
  #looks = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #stop = new AbortController()

  constructor(code: string) {
    this.#code = code
  }

  /** Asks the server now. */
  look(): void {
    clearTimeout(this.#timer)
    void this.#look()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
    this.#stop = new AbortController()
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop
    try {
      const seen = await call<Tracked>(`/public/reports/${this.#code}`, { timeoutMs: 20_000, signal })
      this.#saw(seen)
    } catch (cause) {
      if (!signal.aborted) this.#missed(cause)
    }
  }

  #saw(seen: Tracked): void {
    this.report = seen
    this.failed = this.unknown = false
    this.seenAt = Date.now()
    if (seen.pending) this.#again(pauseS(++this.#looks))
  }

  #missed(cause: unknown): void {
    if (cause instanceof Problem && [400, 404, 422].includes(cause.status)) {
      this.unknown = true
      this.detail = cause.status === 404 ? '' : cause.message
      return
    }
    this.failed = true
    if (this.report?.pending) this.#again(pauseS(++this.#looks))
  }

  #again(seconds: number): void {
    this.#timer = setTimeout(() => (document.hidden ? this.#again(seconds) : this.look()), seconds * 1000)
  }
}
