// What the map page shows: layers with their opacity, the chosen feature, the day,
// the open table, where it looks. The address holds the same, so that a link, a
// reload and the back button bring it all again.
import { readAddress, writeAddress, type Address, type Chosen, type Shown, type View } from './address'
import { isGround } from './catalogue.svelte'
import { provinceZone, zoneOf, type Zone } from './vn2000'
import { theme } from '../lib/theme.svelte'
import type { Look } from './tone'
import { rankOf, shapeOf, type MapLayer } from './types'

export type Tool = 'pick' | 'length' | 'area'

const key = 'haidang-map-layers'
const givenKey = 'haidang-map-colours'
const zoneKey = 'haidang-map-zone'
const firstShown = 4 // sector layers, when nobody has chosen yet

class Page {
  view = $state.raw<View | undefined>()
  /** Where the view is, in steps: what depends on little more than the scale need not follow each movement. */
  readonly zoomStep = $derived(Math.round((this.view?.zoom ?? 0) * 4) / 4)
  readonly latStep = $derived(Math.round(this.view?.lat ?? 0))
  shown = $state.raw<readonly Shown[]>([])
  hidden = $state.raw<readonly string[]>([])
  /** All features under the last click, and which of them is open. */
  found = $state.raw<readonly Chosen[]>([])
  at = $state(0)
  day = $state('')
  table = $state('')
  tool = $state<Tool>('pick')
  printing = $state(false)
  /** The layer that is being edited; empty: none. */
  edit = $state('')
  /** Which of its drafts; 0: the newest. */
  draft = $state(0)
  /** Whether one can edit here: there is a map, and room for the editor beside it. */
  canEdit = $state(true)
  /** The pane of changesets: 'list', the number of the open one, or empty. */
  changes = $state('')
  /** A place that was searched for, marked until something is chosen. */
  place = $state.raw<readonly [number, number] | undefined>()
  /** The next chosen feature shall be looked at closely. */
  lookAt = false
  zone = $state.raw<Zone>(zoneOf(Number(remembered(zoneKey))) ?? provinceZone)
  /** Colours just as decrees lay them down, rather than quieted. */
  given = $state(remembered(givenKey) === 'yes')
  readonly look = $derived<Look>(this.given ? 'given' : theme())
  /** Moves the map; set by the map while it is there. */
  goTo: ((view: View) => void) | undefined = $state.raw()
  /** Moves the map so that all of a box is seen; set by the map too. */
  fitTo: ((box: [number, number, number, number]) => void) | undefined = $state.raw()
  #known = false

  readonly chosen = $derived<Chosen | undefined>(this.found[this.at])

  /** Takes the state of the address, and for what it leaves open what was shown last time. */
  start(layers: readonly MapLayer[]): void {
    this.#read(readAddress(location.search), layers)
    this.#known = true
  }

  /** The back or forward button was pressed. */
  readAgain(layers: readonly MapLayer[]): void {
    if (!this.#known) return
    const address = readAddress(location.search)
    this.#read(address, layers)
    if (address.view) this.goTo?.(address.view)
  }

  #read(a: Address, layers: readonly MapLayer[]): void {
    this.view = a.view ?? this.view
    const known = new Map(layers.map((l) => [l.slug, l]))
    const wanted = a.layers ?? this.#last() ?? firstLayers(layers)
    this.shown = ordered(wanted.filter((s) => known.has(s.slug) && !isGround(s.slug)), known)
    this.hidden = a.hidden
    this.found = a.chosen ? [a.chosen] : []
    this.at = 0
    this.day = a.day
    this.table = a.table
    this.edit = known.get(a.edit)?.may?.includes('edit') ? a.edit : ''
    this.draft = (this.edit && a.draft) || 0
    this.changes = a.changes
  }

  #last(): Shown[] | undefined {
    const slugs = remembered(key)
    return slugs === null ? undefined : slugs.split(',').filter(Boolean).map((slug) => ({ slug, opacity: 1 }))
  }

  /** Shows or hides a layer, of the ground too. */
  toggle(layer: MapLayer, layers: readonly MapLayer[]): void {
    const { slug } = layer
    if (isGround(slug)) this.hidden = this.hidden.includes(slug) ? this.hidden.filter((s) => s !== slug) : [...this.hidden, slug]
    else if (this.shows(slug)) this.shown = this.shown.filter((s) => s.slug !== slug)
    else this.shown = ordered([...this.shown, { slug, opacity: 1 }], new Map(layers.map((l) => [l.slug, l])))
    remember(key, this.shown.map((s) => s.slug).join(','))
    this.write('push')
  }

  shows(slug: string): boolean {
    return isGround(slug) ? !this.hidden.includes(slug) : this.shown.some((s) => s.slug === slug)
  }

  setOpacity(slug: string, opacity: number): void {
    this.shown = this.shown.map((s) => (s.slug === slug ? { slug, opacity } : s))
    this.write('replace')
  }

  choose(found: readonly Chosen[]): void {
    if (!found.length && !this.found.length) return
    this.found = found
    this.at = 0
    this.place = undefined
    this.write('push')
  }

  /** Opens the next of the features under the pointer, or the one before. */
  step(by: number): void {
    if (this.found.length < 2) return
    this.at = (this.at + by + this.found.length) % this.found.length
    this.write('replace')
  }

  setDay(day: string, how: 'push' | 'replace' = 'push'): void {
    this.day = day
    this.write(how)
  }

  openTable(slug: string): void {
    this.table = slug
    this.write('push')
  }

  /** Begins or ends editing a layer. Changes of today are made to the map of today. */
  editLayer(slug: string, draft = 0): void {
    this.edit = slug
    this.draft = draft
    this.changes = ''
    if (slug) this.day = ''
    this.write('push')
  }

  showChanges(which: string): void {
    this.changes = which
    if (which) this.edit = ''
    this.write('push')
  }

  moved(view: View): void {
    this.view = view
    clearTimeout(this.#later)
    this.#later = setTimeout(() => this.write('replace'), 400)
  }
  #later: ReturnType<typeof setTimeout> | undefined

  setZone(zone: Zone): void {
    this.zone = zone
    remember(zoneKey, String(zone.code))
  }

  setGiven(given: boolean): void {
    this.given = given
    remember(givenKey, given ? 'yes' : 'no')
  }

  /** Writes the state into the address, as a step to go back from or over the last one. */
  write(how: 'push' | 'replace'): void {
    if (!this.#known || location.pathname !== '/ban-do') return
    const address: Address = {
      layers: [...this.shown], hidden: [...this.hidden], day: this.day, table: this.table, edit: this.edit, changes: this.changes, ...(this.draft && { draft: this.draft }), ...(this.view && { view: this.view }), ...(this.chosen && { chosen: this.chosen }),
    }
    const to = `/ban-do?${writeAddress(address, location.search)}`
    if (to === location.pathname + location.search) return
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', to)
  }
}

/** What one sees who has never chosen: lines before points before areas, for areas hide one another. */
function firstLayers(layers: readonly MapLayer[]): Shown[] {
  const order = ['line', 'mixed', 'point', 'area']
  const list = layers.filter((l) => !isGround(l.slug) && l.kind === 'vector')
  return list.sort((a, b) => order.indexOf(shapeOf(a)) - order.indexOf(shapeOf(b))).slice(0, firstShown).map((l) => ({ slug: l.slug, opacity: 1 }))
}

/** The lowest first: pictures, areas, lines, points, each in the order they were chosen. */
function ordered(list: readonly Shown[], known: ReadonlyMap<string, MapLayer>): Shown[] {
  return [...list].sort((a, b) => rankOf(known.get(a.slug)!) - rankOf(known.get(b.slug)!))
}

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

export const page = new Page()
