// The imports of this reader, the one that is open, and the upload under way.
import { call, Problem } from '../../lib/api'
import { atWork, type Import, type Options } from './contract'
import { announce, send } from './upload'

const workingMs = 700
const restingMs = 15_000

class Work {
  list = $state.raw<Import[] | undefined>()
  open = $state.raw<Import | undefined>()
  problem = $state.raw<Problem | undefined>() // of the list
  failed = $state.raw<Problem | undefined>() // of the last act
  busy = $state(false)
  /** The upload under way; waiting: the line is down. */
  sending = $state.raw<{ id: number; received: number; size: number; waiting: boolean } | undefined>()
  #stop: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #gone = false

  start(): () => void {
    this.#gone = false
    void this.read()
    return () => {
      this.#gone = true
      clearTimeout(this.#timer)
    }
  }

  /** Reads the list and the open one, now and again: soon while the server works on it. */
  async read(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      this.list = (await call<{ imports: Import[] | null }>('/imports')).imports ?? []
      if (this.open) this.#show(await call<Import>(`/imports/${this.open.id}`))
      this.problem = undefined
    } catch (cause) {
      this.problem = asProblem(cause)
    }
    if (!this.#gone) this.#timer = setTimeout(() => void this.read(), this.open && atWork(this.open) ? workingMs : restingMs)
  }

  #show(i: Import): void {
    if (this.open?.id !== i.id) return
    this.open = i
    this.list = this.list?.map((other) => (other.id === i.id ? i : other))
  }

  async choose(id: number | undefined): Promise<void> {
    this.failed = undefined
    this.open = this.list?.find((i) => i.id === id)
    if (id !== undefined) await this.read()
  }

  /** Begins with a new file, or goes on with one whose upload was cut off. */
  async upload(file: File): Promise<void> {
    await this.#act(async () => {
      const resumed = this.open?.state === 'uploading' && this.open.fileName === file.name && this.open.fileSize === file.size ? this.open : undefined
      if (!resumed) this.open = undefined // what fails now is not about the one that was open
      const i = resumed ?? (await announce(file))
      this.open = i
      void this.read()
      this.#stop = new AbortController()
      try {
        await send(i.id, file, (received, waiting) => (this.sending = { id: i.id, received, size: file.size, waiting }), this.#stop.signal)
      } finally {
        this.sending = undefined
      }
      await call(`/imports/${i.id}/examine`, { method: 'POST' })
    })
  }

  stopUpload(): void {
    this.#stop?.abort()
  }

  check = (id: number, options: Options) => this.#act(() => call(`/imports/${id}/check`, { method: 'POST', body: options }))
  apply = (id: number) => this.#act(() => call(`/imports/${id}/apply`, { method: 'POST' }))
  examine = (id: number) => this.#act(() => call(`/imports/${id}/examine`, { method: 'POST' }))

  async discard(id: number): Promise<void> {
    if (this.sending?.id === id) this.stopUpload()
    await this.#act(async () => {
      await call(`/imports/${id}`, { method: 'DELETE' })
      if (this.open?.id === id) this.open = undefined
    })
  }

  async #act(what: () => Promise<unknown>): Promise<void> {
    this.busy = true
    this.failed = undefined
    try {
      await what()
    } catch (cause) {
      if (!(cause instanceof DOMException && cause.name === 'AbortError')) this.failed = asProblem(cause)
    } finally {
      this.busy = false
      await this.read()
    }
  }
}

const asProblem = (cause: unknown): Problem => (cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))

export const work = new Work()
