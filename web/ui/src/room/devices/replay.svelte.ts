// Replays dead letters some at a time, so that the person sees how far it is and can stop.
import { call, Problem } from '../../lib/api'
import type { DeadLetter, LettersAnswer, Replayed } from './contract'
import { chunks, lettersPath, type LetterFilter } from './letters'

export const mostAtOnce = 1000
const pageOf = 200
const sendOf = 50
const sendMs = 60_000

const nothing: Replayed = { replayed: 0, stored: 0, duplicate: 0, conflict: 0, dead: 0 }

export class Replay {
  total = $state(0)
  done = $state(0)
  phase = $state<'idle' | 'gathering' | 'sending' | 'finished'>('idle')
  result = $state.raw<Replayed>(nothing)
  problem = $state.raw<Problem | undefined>()
  #stop = false

  stop(): void {
    this.#stop = true
  }

  /** Replays the letters of these numbers. Those that fail again stay open. */
  async run(ids: readonly number[]): Promise<void> {
    Object.assign(this, { total: ids.length, done: 0, phase: 'sending', result: nothing, problem: undefined })
    this.#stop = false
    try {
      for (const part of chunks(ids, sendOf)) {
        if (this.#stop) break
        const answer = await call<Replayed>('/dead-letters/replay', { method: 'POST', body: { ids: part }, timeoutMs: sendMs })
        this.result = sum(this.result, answer)
        this.done += part.length
      }
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    }
    this.phase = 'finished'
  }

  /** Replays all that the filter finds and that is still open, a thousand at most. */
  async runAll(filter: LetterFilter): Promise<void> {
    this.phase = 'gathering'
    try {
      const ids = await gather({ ...filter, state: 'open' })
      await this.run(ids)
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
      this.phase = 'finished'
    }
  }
}

async function gather(filter: LetterFilter): Promise<number[]> {
  const ids: number[] = []
  for (let before = 0; ids.length < mostAtOnce; ) {
    const page: DeadLetter[] = (await call<LettersAnswer>(lettersPath(filter, pageOf, before))).deadLetters ?? []
    ids.push(...page.map((l) => l.id))
    if (page.length < pageOf) break
    before = page.at(-1)!.id
  }
  return ids.slice(0, mostAtOnce)
}

export const sum = (a: Replayed, b: Replayed): Replayed => ({
  replayed: a.replayed + b.replayed, stored: a.stored + b.stored, duplicate: a.duplicate + b.duplicate,
  conflict: a.conflict + b.conflict, dead: a.dead + b.dead,
})
