// Drives MapLibre: style by theme, live data, clicks, camera. It holds no state
// of the room; MapPane tells it what to show.
import { addProtocol, Map as MapLibre, setWorkerUrl, type GeoJSONSource, type LngLatBoundsLike, type MapMouseEvent } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import '../../lib/map/map.css'
import type { FeatureCollection } from 'geojson'
import type { Layer } from '../../lib/types'
import { shapes } from '../parts/alarmShapes'
import { alarmMark, minorMark, reportMark, stationMark, type Mark } from './images'
import { readPalette, type Palette } from '../../lib/map/palette'
import { majorOrNear, mapStyle } from './style'
import { keepTiles } from '../../lib/map/tiles'

setWorkerUrl(new URL(workerUrl, location.href).href)
keepTiles(addProtocol)

export interface Picked {
  kind: 'station' | 'alarm' | 'request'
  id: string
}

export interface View {
  onPick(picked: Picked | undefined): void
  onMove(metresPerPixel: number, zoom: number): void
  onReady(): void
  onFailed(): void
}

type Live = 'stations' | 'alarms' | 'requests' | 'selection'

/** Everything that belongs to one row of the layer list. */
const layersOf: Record<string, string[]> = {
  stations: ['minor-dots', 'station-dots', 'station-words'],
  requests: ['requests', 'request-groups'],
  units: ['units', 'unit-names'],
  irrigation: ['canals'],
}

export class MapView {
  readonly #map: MapLibre
  readonly #data = new Map<Live, FeatureCollection>()
  readonly #shown = new Map<Live, string>()
  #palette: Palette = readPalette()
  #layers: readonly Layer[]
  #hidden: ReadonlySet<string> = new Set()
  #unit = ''
  #near = 11
  #blink: ReturnType<typeof setInterval> | undefined

  constructor(container: HTMLElement, bounds: LngLatBoundsLike, layers: readonly Layer[], view: View, interactive = true) {
    this.#layers = layers
    this.#map = new MapLibre({
      container, bounds, fitBoundsOptions: { padding: 24, animate: false }, style: mapStyle(this.#palette, layers), attributionControl: false,
      fadeDuration: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 17, minZoom: 6, keyboard: true,
      validateStyle: false, renderWorldCopies: false, interactive,
    })
    this.#map.touchZoomRotate.disableRotation()
    this.#map.on('style.load', () => this.#dress())
    this.#map.once('load', () => view.onReady())
    const moved = () => view.onMove(this.#metresPerPixel(), this.#map.getZoom())
    this.#map.on('move', moved)
    this.#map.on('load', moved)
    this.#map.on('webglcontextlost', () => view.onFailed())
    if (interactive) this.#listen(view)
  }

  /** Redraws in the colours of the theme now on the page. */
  retheme(): void {
    this.#palette = readPalette()
    this.#map.setStyle(mapStyle(this.#palette, this.#layers), { diff: false })
  }

  /** Shows new data of one live source; data that says the same costs no redraw. */
  show(source: Live, data: FeatureCollection): void {
    const words = JSON.stringify(data)
    if (words === this.#shown.get(source)) return
    this.#shown.set(source, words)
    this.#data.set(source, data)
    this.#give(source, data)
  }

  #give(source: Live, data: FeatureCollection): void {
    void (this.#map.getSource(source) as GeoJSONSource | undefined)?.setData(data)
  }

  /** Names the canvas, which takes the keys, in the reader's language. */
  label(words: string): void {
    this.#map.getCanvas().setAttribute('aria-label', words)
  }

  hide(names: ReadonlySet<string>): void {
    this.#hidden = names
    for (const [name, ids] of Object.entries(layersOf)) {
      for (const id of ids) {
        if (this.#map.getLayer(id)) this.#map.setLayoutProperty(id, 'visibility', names.has(name) ? 'none' : 'visible')
      }
    }
  }

  /** Outlines one administrative unit, or none. */
  outline(unit: string): void {
    this.#unit = unit
    if (this.#map.getLayer('unit-chosen')) this.#map.setFilter('unit-chosen', ['==', ['get', 'code'], unit || '-'])
  }

  /** From which zoom minor stations carry their words: 0 when a filter leaves few. */
  wordsFrom(zoom: number): void {
    this.#near = zoom
    if (this.#map.getLayer('station-words')) this.#map.setFilter('station-words', majorOrNear(zoom))
  }

  /** Moves just as far as it takes to bring a place well inside; 120 ms when it is on screen already, else at once. */
  look(lon: number, lat: number): void {
    const { x, y } = this.#map.project([lon, lat])
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer()
    const edge = 40
    const beyond = (at: number, size: number) => Math.min(at - edge, 0) + Math.max(at - size + edge, 0)
    const by: [number, number] = [beyond(x, w), beyond(y, h)]
    if (by[0] || by[1]) this.#map.panBy(by, { duration: x > 0 && x < w && y > 0 && y < h ? 120 : 0 })
  }

  fit(bounds: LngLatBoundsLike): void {
    this.#map.fitBounds(bounds, { padding: 24, animate: false })
  }

  zoom(by: number): void {
    this.#map.zoomTo(this.#map.getZoom() + by, { duration: 120 })
  }

  resize(): void {
    this.#map.resize()
  }

  remove(): void {
    clearInterval(this.#blink)
    this.#map.remove()
  }

  #metresPerPixel(): number {
    const lat = this.#map.getCenter().lat
    return (40_075_016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.#map.getZoom())
  }

  /** A new style knows neither images nor data: give both again. */
  #dress(): void {
    for (const [name, mark] of this.#marks()) {
      if (!this.#map.hasImage(name)) this.#map.addImage(name, mark.data, { pixelRatio: mark.ratio })
    }
    for (const [source, data] of this.#data) this.#give(source, data)
    this.hide(this.#hidden)
    this.outline(this.#unit)
    this.wordsFrom(this.#near)
    this.#startBlink()
  }

  *#marks(): Generator<[string, Mark]> {
    const p = this.#palette
    const ratio = Math.max(2, Math.ceil(devicePixelRatio))
    for (const fresh of ['fresh', 'stale', 'silent']) {
      yield [`station-${fresh}-major`, stationMark(fresh, true, p, ratio)]
      yield [`station-${fresh}-minor`, stationMark(fresh, false, p, ratio)]
    }
    for (const kind of ['ring', 'bar', 'cross']) yield [kind, minorMark(kind, p, ratio)]
    for (const priority of Object.keys(shapes).map(Number)) {
      for (const look of ['unacked', 'acked', 'returned'] as const) {
        yield [`alarm-${priority}-${look}`, alarmMark(priority, look, true, p, ratio)]
      }
    }
    yield ['report', reportMark(true, false, p, ratio)]
    yield ['report-chosen', reportMark(true, true, p, ratio)]
    yield ['report-group', reportMark(false, false, p, ratio)]
  }

  /** Untaken priority 1 blinks at 1 Hz, unless the reader asked for stillness. */
  #startBlink(): void {
    clearInterval(this.#blink)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const ratio = Math.max(2, Math.ceil(devicePixelRatio))
    const halves = [true, false].map((lit) => alarmMark(1, 'unacked', lit, this.#palette, ratio).data)
    let lit = 0
    this.#blink = setInterval(() => {
      const any = this.#data.get('alarms')?.features.some((f) => f.properties?.['image'] === 'alarm-1-unacked')
      if (!(any || lit) || !this.#map.hasImage('alarm-1-unacked')) return
      this.#map.updateImage('alarm-1-unacked', halves[(lit = 1 - lit)]!)
      this.#map.triggerRepaint() // a changed image alone draws nothing
    }, 500)
  }

  #listen(view: View): void {
    const around = (e: MapMouseEvent) => this.#map.queryRenderedFeatures(
      [[e.point.x - 6, e.point.y - 6], [e.point.x + 6, e.point.y + 6]],
      { layers: ['alarms', 'requests', 'request-groups', 'station-dots', 'minor-dots', 'station-words'].filter((id) => this.#map.getLayer(id)) },
    )
    this.#map.on('click', (e) => {
      const group = around(e).find((f) => f.layer.id === 'request-groups')
      const first = around(e)[0]
      if (first && first === group) return this.#open(first.properties['cluster_id'] as number, e)
      view.onPick(first && picked(first.layer.id, first.properties))
    })
    this.#map.on('mousemove', (e) => {
      this.#map.getCanvas().style.cursor = around(e).length ? 'pointer' : ''
    })
  }

  #open(cluster: number, e: MapMouseEvent): void {
    const source = this.#map.getSource('requests') as GeoJSONSource
    void source.getClusterExpansionZoom(cluster).then((zoom) => this.#map.jumpTo({ center: e.lngLat, zoom: zoom + 0.5 }))
  }
}

function picked(layer: string, properties: Record<string, unknown>): Picked {
  if (layer === 'requests') return { kind: 'request', id: String(properties['code']) }
  if (layer === 'alarms') return { kind: 'alarm', id: String(properties['id']) }
  return { kind: 'station', id: String(properties['id']) }
}
