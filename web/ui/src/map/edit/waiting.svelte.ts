// How many changesets wait for what this person does: those they may decide, and their
// own that came back.
import { listChangesets } from './api'
import type { Changeset } from './contract'

/** What of them waits for whoever asked. */
export const waitsForMe = (c: Pick<Changeset, 'may' | 'state'>): boolean => c.may.approve || c.may.apply || (c.state === 'rejected' && c.may.reopen)

const restMs = 800 // so that a burst of decisions is counted once

class Waiting {
  n = $state(0)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Counts again soon. What cannot be counted stays as it was: the list itself says why. */
  soon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#count().catch(() => {}), restMs)
  }

  async #count(): Promise<void> {
    const [review, mine] = await Promise.all(['for=review&limit=100', 'author=me&state=rejected&limit=50'].map(listChangesets))
    this.n = [...review!, ...mine!].filter(waitsForMe).length
  }
}

export const waiting = new Waiting()
