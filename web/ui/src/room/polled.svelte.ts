// What the server is asked for again now and then, with its loading and error.
import { onMount } from 'svelte'
import { call, Problem } from '../lib/api'

export class Polled<T> {
  value = $state.raw<T | undefined>()
  problem = $state.raw<Problem | undefined>()
  /** When the value was read, by this post's clock, in ms; 0 before the first. */
  at = $state(0)
  #asked = 0

  constructor(
    private readonly path: () => string,
    everyMs: number,
  ) {
    onMount(() => {
      void this.read()
      const timer = setInterval(() => document.hidden || void this.read(), everyMs)
      return () => clearInterval(timer)
    })
  }

  /** Asks again. An answer that a later question has overtaken is dropped. */
  async read(): Promise<void> {
    const asked = ++this.#asked
    try {
      const value = await call<T>(this.path())
      if (asked !== this.#asked) return
      this.value = value
      this.problem = undefined
      this.at = Date.now()
    } catch (cause) {
      if (asked === this.#asked) this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    }
  }
}
