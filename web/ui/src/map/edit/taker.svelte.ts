// Whoever works on the map takes its clicks, drags and keys for that while, and draws
// over it.
import type { FeatureCollection } from 'geojson'

export type LonLat = readonly [lon: number, lat: number]

export interface Taker {
  /** The layer whose features a click chooses; empty: any. */
  only(): string
  /** A click; true when it is taken. */
  tap(at: LonLat): boolean
  point(at: LonLat | undefined): void
  /** The pointer goes down: true when something is held, and the map stays where it is. */
  grab(at: LonLat): boolean
  drag(at: LonLat): void
  drop(): void
  cursor(at: LonLat): string
  marks(): FeatureCollection
  key(event: KeyboardEvent): boolean
  /** The map rests: what is in view. */
  rest(box: readonly [number, number, number, number]): void
  /** The layer has changed. */
  changed(): void
}

class Taking {
  now = $state.raw<Taker | undefined>()
}

export const taking = new Taking()
export const noMarks: FeatureCollection = { type: 'FeatureCollection', features: [] }
