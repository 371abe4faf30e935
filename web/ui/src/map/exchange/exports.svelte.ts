// Files that are being made of layers for this reader.
import { call, Problem } from '../../lib/api'
import type { Text } from '../../lib/types'

export interface Export {
  id: number
  layer: string
  name: string // of the file
  ready: boolean
  bytes: number
  features: number
  remark: Text // what had to change to fit the format
  createdAt: string
  expiresAt: string
  job?: { state: string; done: number; total: number; text: Text }
}

/** The server is at work on it. */
export const making = (e: Export): boolean => !e.ready && (e.job?.state === 'waiting' || e.job?.state === 'running')

export interface ExportRequest {
  layer: string
  format: string
  crs: string
  filter?: string
}

const workingMs = 1000
const restingMs = 20_000

class Exports {
  list = $state.raw<Export[] | undefined>()
  problem = $state.raw<Problem | undefined>() // of the list
  failed = $state.raw<Problem | undefined>() // of the last act
  busy = $state(false)
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

  async read(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      this.list = (await call<{ exports: Export[] | null }>('/exports')).exports ?? []
      this.problem = undefined
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    }
    const working = this.list?.some(making)
    if (!this.#gone) this.#timer = setTimeout(() => void this.read(), working ? workingMs : restingMs)
  }

  ask = (request: ExportRequest) => this.#act(() => call('/exports', { method: 'POST', body: request }))
  remove = (id: number) => this.#act(() => call(`/exports/${id}`, { method: 'DELETE' }))

  async #act(what: () => Promise<unknown>): Promise<void> {
    this.busy = true
    this.failed = undefined
    try {
      await what()
    } catch (cause) {
      this.failed = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    } finally {
      this.busy = false
      await this.read()
    }
  }
}

export const files = new Exports()
