// One layer as it was at a minute in Việt Nam, kept in the address: ?luc=parcel@2026-11-30T09:15.
import { may } from '../room/session.svelte'
import type { MapLayer } from './types'

const form = /^([a-z][a-z0-9_]{0,62})@(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})$/

/** A minute as a field of date and time has it, on Việt Nam's clock. */
export const minuteOf = (ms: number): string => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 16)

/** The first whole minute of a layer's history; undefined: it has none. */
export const firstMinute = (layer: MapLayer): string | undefined => (layer.historyFrom ? minuteOf(Date.parse(layer.historyFrom) + 59_999) : undefined)

/** What the address says; what is not well formed counts as absent. */
export function readPast(search: string): { layer: string; minute: string } {
  const [, layer, minute] = form.exec(new URLSearchParams(search).get('luc') ?? '') ?? []
  return layer && minute && !Number.isNaN(Date.parse(`${minute}Z`)) ? { layer, minute } : { layer: '', minute: '' }
}

class Past {
  layer = $state('')
  minute = $state('')

  read(): void {
    const { layer, minute } = readPast(location.search)
    this.layer = layer
    this.minute = minute
  }

  show(layer: string, minute: string, how: 'push' | 'replace' = 'push'): void {
    this.layer = layer
    this.minute = minute
    const query = new URLSearchParams(location.search)
    if (layer) query.set('luc', `${layer}@${minute}`)
    else query.delete('luc')
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', `${location.pathname}?${query.toString().replaceAll('%2C', ',').replaceAll('%7E', '~').replaceAll('%40', '@').replaceAll('%3A', ':')}`)
  }

  /** The history of layers is not open to the public. */
  readonly mayRead = $derived(may('catalogue.read'))

  /** The instant as of which a layer is shown, as the server takes it; empty: as it is. */
  at(layer: string): string {
    return layer && layer === this.layer && this.mayRead ? new Date(`${this.minute}:00+07:00`).toISOString() : ''
  }

  /** Whether nothing is known of a layer then. */
  early(layer: MapLayer): boolean {
    const first = firstMinute(layer)
    return this.mayRead && layer.slug === this.layer && first !== undefined && this.minute < first
  }

  /** The layers, that one with the tiles of then, or without it where nothing is known; it may have reached further than today. */
  turned(layers: readonly MapLayer[]): readonly MapLayer[] {
    const at = this.at(this.layer)
    if (layers.some((l) => this.early(l))) return layers.filter((l) => !this.early(l))
    return at ? layers.map((l) => (l.slug === this.layer && l.historyFrom ? { ...l, tiles: `${l.tiles}?at=${at}`, bounds: [0, 0, 0, 0] } : l)) : layers
  }
}

export const past = new Past()
if (typeof location !== 'undefined') {
  past.read()
  addEventListener('popstate', () => past.read())
}
