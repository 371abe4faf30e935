// Hears which tiles are new (server-sent events), so that an open map shows an
// edit by itself. While the line is up, kept tiles are trusted; while it is down,
// the page says so and reads everything again afterwards.
import { trustKept, voidAll, voidTiles } from '../lib/map/tiles'

export type Tiles = readonly (readonly [number, number, number])[]

/** One change, as the server tells it. tiles null: any of the layer. */
export interface Change {
  layer: string
  version: number
  tiles: Tiles | null
}

export interface Hearer {
  /** Tiles of a layer are new; without a layer, anything may be. */
  onChange(change?: Change): void
  /** What may be seen has changed, the list of layers too. */
  onResync(): void
  /** A changeset has come to another state. */
  onChangeset?(told: { id: number; layer: string; state: string }): void
}

const silentMs = 40_000 // the server says something every 15 s

class MapLive {
  link = $state<'opening' | 'live' | 'lost'>('opening')
  /** When the server was last heard, in ms; 0 before that. */
  heardAt = $state(0)
  #source: EventSource | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #hearers = new Set<Hearer>()

  /** Calls the hearer on every change; returns how to stop. */
  hear(hearer: Hearer): () => void {
    this.#hearers.add(hearer)
    return () => void this.#hearers.delete(hearer)
  }

  start(): void {
    if (this.#source) return
    this.#open()
    this.#timer ??= setInterval(() => this.#watch(), 5000)
    addEventListener('online', () => this.retry())
  }

  /** Tries again at once. */
  retry(): void {
    this.#source?.close()
    this.#open()
  }

  #open(): void {
    const source = (this.#source = new EventSource('/api/v1/map/changes'))
    source.addEventListener('hello', () => this.#arrived())
    source.addEventListener('beat', () => this.#arrived())
    source.addEventListener('resync', () => {
      this.#arrived()
      voidAll()
      for (const h of this.#hearers) h.onResync()
    })
    source.addEventListener('tiles', (e) => {
      this.#arrived()
      const change = JSON.parse((e as MessageEvent<string>).data) as Change
      voidTiles(change.layer, change.tiles)
      for (const h of this.#hearers) h.onChange(change)
    })
    source.addEventListener('changeset', (e) => {
      this.#arrived()
      for (const h of this.#hearers) h.onChangeset?.(JSON.parse((e as MessageEvent<string>).data))
    })
    source.addEventListener('error', () => this.#lost())
  }

  #arrived(): void {
    this.heardAt = Date.now()
    this.link = 'live'
    if (trustKept(true)) for (const h of this.#hearers) h.onChange()
  }

  #lost(): void {
    this.link = 'lost'
    trustKept(false)
  }

  /** Browsers give up on a stream that was refused, and do not notice a dead line. */
  #watch(): void {
    const closed = this.#source?.readyState === EventSource.CLOSED
    const silent = this.link === 'live' && Date.now() - this.heardAt > silentMs
    if (!closed && !silent) return
    this.#lost()
    this.retry()
  }
}

export const mapLive = new MapLive()
