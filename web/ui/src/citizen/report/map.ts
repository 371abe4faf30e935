// The map under a fixed pin: whatever lies at the middle is the place. This file
// and the engine behind it are loaded only when a reader asks for the map.
import { Map as MapLibre, setWorkerUrl, type LngLatBoundsLike } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import { placeStyle } from './map-style'

setWorkerUrl(new URL(workerUrl, location.href).href)

/** From this zoom on the pin means a place; farther out a finger covers a village. */
export const pointingZoom = 11

export interface PinEvents {
  onPoint(lon: number, lat: number): void
  onTooFar(): void
  onFail(): void
}

export class PinMap {
  readonly #map: MapLibre
  readonly #events: PinEvents

  constructor(container: HTMLElement, start: { bounds: LngLatBoundsLike } | { center: [number, number]; zoom: number }, khmer: boolean, label: string, events: PinEvents) {
    this.#events = events
    this.#map = new MapLibre({
      container, ...start, fitBoundsOptions: { padding: 8, animate: false }, style: placeStyle(khmer), attributionControl: false, fadeDuration: 0,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, minZoom: 7, maxZoom: 18, validateStyle: false, renderWorldCopies: false,
    })
    this.#map.touchZoomRotate.disableRotation()
    this.#map.keyboard.disableRotation()
    this.#map.getCanvas().setAttribute('aria-label', label)
    this.#map.on('webglcontextlost', () => events.onFail())
    this.#map.on('moveend', (e) => e.originalEvent && this.#report())
    this.#map.on('click', ({ lngLat }) => this.#move({ center: lngLat, zoom: this.#closer(2) }))
  }

  /** Zooms about the pin. */
  zoom(by: number): void {
    this.#move({ zoom: this.#map.getZoom() + by })
  }

  /** Brings a place under the pin without reporting it back. */
  show(lon: number, lat: number): void {
    const at = this.#map.getCenter()
    if (Math.abs(at.lng - lon) + Math.abs(at.lat - lat) > 1e-6) this.#map.jumpTo({ center: [lon, lat], zoom: Math.max(13, this.#map.getZoom()) })
  }

  remove(): void {
    this.#map.remove()
  }

  #closer(by: number): number {
    const z = this.#map.getZoom()
    return Math.max(z, Math.min(z + by, 13))
  }

  #move(to: Parameters<MapLibre['jumpTo']>[0]): void {
    this.#map.jumpTo(to)
    this.#report()
  }

  #report(): void {
    if (this.#map.getZoom() < pointingZoom) return this.#events.onTooFar()
    const { lng, lat } = this.#map.getCenter()
    this.#events.onPoint(lng, lat)
  }
}
