// What is chosen on this post: filter, station, report, layers, time window.
// The station and the filter live in the address too, so a reload keeps them.
import type { Filter } from './stations'

const query = new URLSearchParams(location.search)

export type Range = 6 | 24 | 72 // hours

export const layerNames = ['stations', 'requests', 'units'] as const

class Selection {
  sector = $state(query.get('nganh') ?? '')
  unit = $state(query.get('xa') ?? '')
  thing = $state(query.get('tram') ?? '')
  property = $state('')
  request = $state('')
  alarm = $state(0)
  range = $state<Range>(24)
  asTable = $state(false)
  /** Map layers switched off, by name or slug. */
  hidden = $state.raw<ReadonlySet<string>>(new Set())

  readonly filter = $derived<Filter>({ sector: this.sector, unit: this.unit })

  openThing(id: string, property = ''): void {
    this.thing = id
    this.property = property
    this.request = ''
    this.#remember()
  }

  openRequest(code: string): void {
    this.request = code
    this.thing = ''
    this.#remember()
  }

  close(): void {
    this.thing = ''
    this.request = ''
    this.alarm = 0
    this.#remember()
  }

  setFilter(sector: string, unit: string): void {
    this.sector = sector
    this.unit = unit
    this.#remember()
  }

  toggleLayer(name: string): void {
    const next = new Set(this.hidden)
    if (!next.delete(name)) next.add(name)
    this.hidden = next
  }

  #remember(): void {
    const next = new URLSearchParams(location.search)
    const set = (key: string, value: string) => (value ? next.set(key, value) : next.delete(key))
    set('nganh', this.sector)
    set('xa', this.unit)
    set('tram', this.thing)
    const text = next.toString()
    history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''))
  }
}

export const selection = new Selection()
