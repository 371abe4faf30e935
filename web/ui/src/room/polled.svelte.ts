// A list the server is asked for again now and then, with its loading and error.
import { onMount } from 'svelte'
import { call, Problem } from '../lib/api'

export class Polled<T> {
  value = $state.raw<T | undefined>()
  problem = $state.raw<Problem | undefined>()

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

  async read(): Promise<void> {
    try {
      this.value = await call<T>(this.path())
      this.problem = undefined
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    }
  }
}
