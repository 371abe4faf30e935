// The report being written, as the page holds it: answers, photo, and where the
// sending stands. Every change is kept in the phone at once.
import { Problem } from '../../lib/api'
import { locale } from '../../lib/locale.svelte'
import { dropDraft, keepDraft, keptDraft, newDraft, newKey, type Draft } from './draft'
import { dropPhoto, keepPhoto, keptPhoto } from './photo-store'
import { verdictOn, waitS } from './retry'
import { send } from './send'
import { keepSent } from './sent'

export type Sending =
  | { state: 'idle' }
  | { state: 'sending'; share: number }
  | { state: 'waiting'; why: 'network' | 'busy'; detail: string }
  | { state: 'refused'; field: string; detail: string }

export class Report {
  draft = $state<Draft>(keptDraft(localStorage))
  photo = $state.raw<Blob | null>(null)
  photoKept = $state(true)
  ready = $state(false) // the kept photo has been looked for
  sending = $state<Sending>({ state: 'idle' })

  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #stop = new AbortController()
  #onSent: (code: string) => void

  /** Takes up what the phone kept. `onSent` gets the tracking code. */
  constructor(onSent: (code: string) => void) {
    this.#onSent = onSent
    void this.#resume()
  }

  async #resume(): Promise<void> {
    this.photo = await keptPhoto(this.draft.key)
    this.ready = true
    if (this.draft.wanted) void this.#attempt()
  }

  /** Changes answers. While the outcome of a sending is open nothing may change. */
  change(answers: Partial<Pick<Draft, 'category' | 'place' | 'description'>>): void {
    if (this.draft.wanted) return
    Object.assign(this.draft, answers)
    if (this.sending.state === 'refused') this.sending = { state: 'idle' }
    this.#keep()
  }

  /** Puts a photo in place of any other, or takes it away. */
  async setPhoto(blob: Blob | null): Promise<void> {
    if (this.draft.wanted) return
    this.photo = blob
    if (this.sending.state === 'refused') this.sending = { state: 'idle' }
    this.#keep()
    if (blob) this.photoKept = await keepPhoto(this.draft.key, blob)
    else await dropPhoto()
  }

  /** Sends, and goes on trying until the server has answered. */
  submit(): void {
    Object.assign(this.draft, { wanted: true, language: locale() })
    this.#keep()
    void this.#attempt()
  }

  /** Tries at once instead of after the pause; nothing when an attempt is running. */
  tryNow(): void {
    if (this.sending.state === 'waiting') void this.#attempt()
  }

  /** Throws the report away and starts an empty one. */
  discard(): void {
    this.close()
    this.#stop = new AbortController()
    this.#clear()
  }

  /** Stops trying, for when the page is left. What is kept stays kept. */
  close(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#timer)
    const { signal } = this.#stop
    this.#attempts++
    this.sending = { state: 'sending', share: 0 }
    const onProgress = (share: number) => (this.sending = { state: 'sending', share })
    try {
      const draft = $state.snapshot(this.draft)
      const code = await send({ draft, photo: this.photo, language: locale(), onProgress, signal })
      if (signal.aborted) return
      keepSent(localStorage, { code, at: Date.now(), category: draft.category })
      this.#clear()
      this.#onSent(code)
    } catch (cause) {
      if (!signal.aborted) this.#failed(cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))
    }
  }

  #failed(problem: Problem): void {
    const why = verdictOn(problem)
    if (why === 'refused') return this.#refused(problem)
    this.sending = { state: 'waiting', why, detail: problem.message }
    this.#timer = setTimeout(() => void this.#attempt(), 1000 * waitS(this.#attempts, problem.retryAfterS))
  }

  /** The server made no report of this key, so a corrected one gets a new key. */
  #refused({ field, message: detail }: Problem): void {
    Object.assign(this.draft, { wanted: false, key: newKey() })
    this.#keep()
    if (this.photo) void keepPhoto(this.draft.key, this.photo)
    this.#attempts = 0
    this.sending = { state: 'refused', field, detail }
  }

  #clear(): void {
    this.#attempts = 0
    this.draft = newDraft()
    this.photo = null
    this.photoKept = true
    this.sending = { state: 'idle' }
    dropDraft(localStorage)
    void dropPhoto()
  }

  #keep(): void {
    keepDraft(localStorage, this.draft)
  }
}
