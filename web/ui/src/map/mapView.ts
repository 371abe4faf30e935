// Drives MapLibre: what is drawn, what is under the pointer, where it looks. It
// holds no state of the page; LayerMap tells it what to show.
import { addProtocol, Map as MapLibre, setWorkerUrl, type GeoJSONSource, type LngLatBoundsLike, type MapGeoJSONFeature, type MapMouseEvent, type MapTouchEvent, type PointLike, type StyleSpecification, type VectorTileSource } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import '../lib/map/map.css'
import type { FeatureCollection } from 'geojson'
import { baseSlugs, boundaries, fontFaces, ground, labels, tileSources, waterLines } from '../lib/map/base'
import { readPalette, type Palette } from '../lib/map/palette'
import { keepTiles } from '../lib/map/tiles'
import type { Chosen, Shown, View } from './address'
import { drawnLayers, slugOf, sourceName, sourceOf, tileAddress } from './layerStyle'
import type { Remark } from './leftOut.svelte'
import { markLayers, markSources, type Marks } from './marks'
import type { Look } from './tone'
import type { MapLayer } from './types'

setWorkerUrl(new URL(workerUrl, location.href).href)
keepTiles(addProtocol)

/** What the map is to show. */
export interface Scene {
  catalogue: readonly MapLayer[]
  shown: readonly Shown[] // the lowest first
  hidden: readonly string[] // of the ground
  day: string
  look: Look
  theme: string // of the ground
}

export interface Events {
  onMove(view: View, byHand: boolean): void
  onPoint(at: [lon: number, lat: number] | undefined): void
  /** bare: there is something, but joined to others for this zoom, so that it cannot be opened. */
  onPick(found: Chosen[], bare: boolean): void
  onTap?(at: [lon: number, lat: number]): boolean // true: a tool has taken it
  onGrab?(at: [lon: number, lat: number]): boolean // the pointer goes down; true: something is held, and the map stays
  onDrag?(at: [lon: number, lat: number]): void
  onDrop?(): void
  onReady(): void
  onIdle(): void
  onFailed(): void
  onTileError(slug: string): void
}

interface TileId { z: number; x: number; y: number }

interface Start {
  view?: View | undefined
  bounds: LngLatBoundsLike
  /** A map that becomes a picture: dots per CSS pixel. */
  picture?: number
}

const nothing: FeatureCollection = { type: 'FeatureCollection', features: [] }
const reach = 4 // pixels around the pointer
const nearby = 120 // pixels that shall be seen beside what was clicked

/** Dots of the screen in one pixel of the style sheet, also where the page is enlarged for a wall; the engine knows only the browser's share. */
const dotsPerPixel = (el: HTMLElement): number => devicePixelRatio * (el.getBoundingClientRect().width / el.offsetWidth || 1)

export class MapView {
  readonly #map: MapLibre
  readonly #events: Events
  #scene: Scene
  #marks: Record<Marks, FeatureCollection> = { chosen: nothing, edit: nothing, drawn: nothing, pointer: nothing }
  #palette: Palette = readPalette()
  #drawn: { id: string; slug: string }[] = []
  #styled = false
  #late = false
  readonly #failed = new Map<string, TileId[]>() // tiles that did not come, by source
  #tapped = 0 // how far to the right it was clicked last

  constructor(container: HTMLElement, scene: Scene, start: Start, events: Events) {
    this.#scene = scene
    this.#events = events
    this.#map = new MapLibre({
      container, style: this.#style(), attributionControl: false, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      maxZoom: 22, minZoom: 5, validateStyle: false, renderWorldCopies: false, maxTileCacheSize: 0, clickTolerance: 5, trackResize: false,
      pixelRatio: dotsPerPixel(container),
      ...(start.picture && { pixelRatio: start.picture, maxCanvasSize: [8192, 8192] as [number, number], interactive: false, canvasContextAttributes: { preserveDrawingBuffer: true } }),
      ...(start.view ? { center: [start.view.lon, start.view.lat], zoom: start.view.zoom } : { bounds: start.bounds, fitBoundsOptions: { padding: 24, animate: false } }),
    })
    this.#map.touchZoomRotate.disableRotation()
    this.#map.keyboard.disableRotation()
    this.#listen()
  }

  #listen(): void {
    const { onMove, onPoint, onReady, onIdle, onFailed, onTileError } = this.#events
    this.#map.once('style.load', () => this.#catchUp())
    this.#map.once('load', () => onReady())
    this.#map.on('move', (e) => onMove(this.view(), e.originalEvent !== undefined))
    queueMicrotask(() => onMove(this.view(), false))
    this.#map.on('idle', () => onIdle())
    this.#map.on('webglcontextlost', () => onFailed())
    this.#map.on('error', (e) => {
      const { sourceId, tile } = e as { sourceId?: string; tile?: { tileID: { canonical: TileId } } }
      if (!sourceId) return
      if (tile) this.#failed.set(sourceId, [...(this.#failed.get(sourceId) ?? []), tile.tileID.canonical])
      if (sourceId.startsWith('l:')) onTileError(sourceId.slice(2))
    })
    this.#map.on('mousemove', (e) => onPoint([e.lngLat.lng, e.lngLat.lat]))
    this.#map.on('mouseout', () => onPoint(undefined))
    this.#map.on('click', (e) => this.#tap(e.point, [e.lngLat.lng, e.lngLat.lat]))
    this.#map.on('mousedown', (e) => this.#grab(e, 'mousemove', 'mouseup'))
    this.#map.on('touchstart', (e) => e.points.length === 1 && this.#grab(e, 'touchmove', 'touchend'))
  }

  /** Lets a tool hold what is under the pointer until it is let go, on the map or beside it. */
  #grab(e: MapMouseEvent | MapTouchEvent, move: 'mousemove' | 'touchmove', up: 'mouseup' | 'touchend'): void {
    if (!this.#events.onGrab?.([e.lngLat.lng, e.lngLat.lat])) return
    e.preventDefault()
    const drag = (to: MapMouseEvent | MapTouchEvent) => this.#events.onDrag?.([to.lngLat.lng, to.lngLat.lat])
    const drop = () => {
      this.#map.off(move, drag)
      this.#events.onDrop?.()
    }
    this.#map.on(move, drag)
    addEventListener(up, drop, { once: true })
  }

  /** Two clicks in a row mean two points while a tool takes them. */
  zoomByDoubleClick(on: boolean): void {
    if (on) this.#map.doubleClickZoom.enable()
    else this.#map.doubleClickZoom.disable()
  }

  #tap(point: PointLike, at: [number, number]): void {
    this.#tapped = 'x' in point ? point.x : point[0]
    if (this.#events.onTap?.(at)) return
    const { found, bare } = this.#around(point)
    this.#events.onPick(found, bare)
  }

  /** Does at the middle of the map what a click does. */
  tapMiddle(): void {
    const { lng, lat } = this.#map.getCenter()
    this.#tap(this.#map.project([lng, lat]), [lng, lat])
  }

  /** Features near a point of the screen, the uppermost first, each once; bare: there are only such without a number. */
  #around(point: PointLike): { found: Chosen[]; bare: boolean } {
    const { x, y } = 'x' in point ? point : { x: point[0], y: point[1] }
    const found = this.#features([[x - reach, y - reach], [x + reach, y + reach]])
    const seen = new Map<string, Chosen>()
    for (const f of found) {
      const layer = slugOf(f)
      if (layer && f.id !== undefined) seen.set(`${layer}.${f.id}`, { layer, fid: String(f.id) })
    }
    return { found: [...seen.values()], bare: found.length > 0 && seen.size === 0 }
  }

  #features(box?: [PointLike, PointLike], slug?: string): MapGeoJSONFeature[] {
    const layers = this.#drawn.filter((d) => !slug || d.slug === slug).map((d) => d.id).filter((id) => this.#map.getLayer(id))
    return layers.length ? this.#map.queryRenderedFeatures(box, { layers }) : []
  }

  /** How many features of a layer are drawn now, by the value of a column. A feature that stands for several counts as many. */
  countInView(slug: string, column: string): Map<string, number> {
    const seen = new Set<string>()
    const counts = new Map<string, number>()
    for (const f of this.#features(undefined, slug)) {
      const id = f.id === undefined ? undefined : String(f.id)
      if (id && seen.has(id)) continue
      if (id) seen.add(id)
      const key = String(f.properties[column] ?? '')
      counts.set(key, (counts.get(key) ?? 0) + (Number(f.properties['point_count']) || 1))
    }
    return counts
  }

  /** What the tiles in view say is not shown as itself. */
  remarks(slug: string): Remark[] {
    if (!this.#map.getSource(sourceName(slug))) return []
    return this.#map.querySourceFeatures(sourceName(slug), { sourceLayer: `${slug}.left_out` }).map((f) => f.properties as Remark)
  }

  /** Whether tiles in view hold anything of a layer, of the ground too. */
  holds({ slug }: MapLayer): boolean {
    const source = this.#isGround(slug) ? slug : sourceName(slug)
    return this.#map.getSource(source) !== undefined && this.#map.querySourceFeatures(source, { sourceLayer: slug }).length > 0
  }

  view(): View {
    const { lng, lat } = this.#map.getCenter()
    return { lat, lon: lng, zoom: this.#map.getZoom() }
  }

  /** West, south, east, north of what is on screen. */
  bounds(): [number, number, number, number] {
    const b = this.#map.getBounds()
    return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]
  }

  /** Shows a scene; only what is different from the last is touched. */
  show(scene: Scene): void {
    if (scene === this.#scene) return
    const themed = scene.theme !== this.#scene.theme
    if (scene.day !== this.#scene.day) this.#turnTo(scene)
    this.#scene = scene
    if (themed) this.#palette = readPalette()
    if (this.#styled) this.#map.setStyle(this.#style(), { diff: true })
    else this.#late = true
  }

  /** What was to be shown before the engine had its first style. */
  #catchUp(): void {
    this.#styled = true
    if (this.#late) this.#map.setStyle(this.#style(), { diff: true })
    this.#late = false
    for (const [what, data] of Object.entries(this.#marks)) this.mark(what as Marks, data) // what was chosen before there was a map
  }

  /** Changes the day without taking away what is drawn until the new tiles are there. */
  #turnTo(scene: Scene): void {
    for (const layer of scene.catalogue) {
      const name = this.#isGround(layer.slug) ? layer.slug : sourceName(layer.slug)
      const source = layer.dated ? (this.#map.getSource(name) as VectorTileSource | undefined) : undefined
      source?.setTiles([tileAddress(layer, scene.day)])
    }
  }

  #isGround = (slug: string): boolean => (baseSlugs as readonly string[]).includes(slug)

  mark(what: Marks, data: FeatureCollection): void {
    this.#marks = { ...this.#marks, [what]: data }
    void (this.#map.getSource(`mark-${what}`) as GeoJSONSource | undefined)?.setData(data)
  }

  #style(): StyleSpecification {
    const { catalogue, shown, hidden, day, look } = this.#scene
    const p = this.#palette
    const base = tileSources(baseSlugs.filter((s) => !hidden.includes(s)), catalogue)
    const dated = catalogue.filter((l) => l.dated && l.slug in base)
    for (const layer of dated) (base[layer.slug] as { tiles: string[] }).tiles = [tileAddress(layer, day)]
    const visible = shown.flatMap((s) => catalogue.filter((l) => l.slug === s.slug).map((layer) => ({ layer, opacity: s.opacity })))
    const sources = { ...base, ...Object.fromEntries(visible.map(({ layer }) => [sourceName(layer.slug), sourceOf(layer, day)])), ...markSources(this.#marks) }
    const data = visible.flatMap(({ layer, opacity }) => drawnLayers(layer, opacity, look))
    const lower = data.filter((l) => l.type !== 'symbol')
    const upper = data.filter((l) => l.type === 'symbol')
    this.#drawn = data.filter((l) => l.type !== 'raster').map((l) => ({ id: l.id, slug: slugOf(l as { source?: unknown }) ?? '' }))
    const all = [...ground(p), ...waterLines(p), ...lower, ...boundaries(p), ...labels(p), ...upper, ...markLayers(p)]
    return { version: 8, 'font-faces': fontFaces(), sources, layers: all.filter((l) => !('source' in l) || l.source in sources) } as StyleSpecification
  }

  /** Reads tiles again: these of a layer, all of it, or everything. */
  refresh(slug?: string, tiles?: readonly (readonly [number, number, number])[] | null): void {
    const names = slug ? [slug, sourceName(slug)] : [...baseSlugs, ...this.#scene.shown.map((l) => sourceName(l.slug))]
    for (const name of names) {
      if (!this.#map.getSource(name)) continue
      this.#retry(name)
      this.#map.refreshTiles(name, tiles?.map(([z, x, y]) => ({ z, x, y })))
    }
  }

  /** Reads the tiles of a layer again that did not come. */
  retry = (slug: string): void => this.#retry(sourceName(slug))

  /** By name, one by one: told to read all of a source, the engine waits for ever for those that have failed. */
  #retry(source: string): void {
    const failed = this.#failed.get(source)
    this.#failed.delete(source)
    if (failed && this.#map.getSource(source)) this.#map.refreshTiles(source, failed)
  }

  go(view: View): void {
    this.#map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom })
  }

  fit(bounds: LngLatBoundsLike, maxZoom = 18): void {
    this.#map.fitBounds(bounds, { padding: 40, animate: false, maxZoom })
  }

  zoom(by: number): void {
    this.#map.zoomTo(this.#map.getZoom() + by, { duration: 120 })
  }

  /** Names the canvas, which takes the keys, in the reader's language. */
  label(words: string): void {
    this.#map.getCanvas().setAttribute('aria-label', words)
  }

  cursor(name: string): void {
    this.#map.getCanvas().style.cursor = name
  }

  /** Whether a feature is under the pointer at a place. */
  hovers(at: [number, number]): boolean {
    return this.#around(this.#map.project(at)).found.length > 0
  }

  get canvas(): HTMLCanvasElement {
    return this.#map.getCanvas()
  }

  /** The room it has, or what a dot of the screen is, has changed. still: something has opened beside it or was closed, and nothing moves sideways but what was clicked where there is no map any more. */
  resize(still = false): void {
    const box = this.#map.getContainer()
    const corner = this.#map.unproject([0, 0])
    this.#map.setPixelRatio(dotsPerPixel(box))
    if (!still) return
    const covered = Math.max(0, this.#tapped + nearby - box.clientWidth)
    const by = this.#map.project(corner).x + covered
    this.#tapped = 0
    if (Math.abs(by) > 0.5) this.#map.panBy([by, 0], { animate: false })
  }

  remove(): void {
    this.#map.remove()
  }
}
