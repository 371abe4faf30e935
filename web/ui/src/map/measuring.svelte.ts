// What is being measured: the points set so far, and where the pointer is.
import type { FeatureCollection, Position } from 'geojson'
import { geodesicArea, geodesicDistance, geodesicLength, planeArea, planeLength, type LonLat } from './geo/measure'
import { page } from './page.svelte'
import { lengthText } from './values'

class Measuring {
  points = $state.raw<readonly LonLat[]>([])
  /** Where the pointer is while the line is still being drawn. */
  next = $state.raw<LonLat | undefined>()
  done = $state(false)

  readonly line = $derived<readonly LonLat[]>(this.next && !this.done && this.points.length ? [...this.points, this.next] : this.points)
  readonly #ring = $derived(page.tool === 'area' ? [...this.line, ...this.line.slice(0, 1)] : this.line)
  readonly ground = $derived({ length: geodesicLength(this.#ring), area: this.line.length > 2 ? geodesicArea(this.line) : 0 })
  readonly plane = $derived({ length: planeLength(this.#ring, page.zone), area: this.line.length > 2 ? planeArea(this.line, page.zone) : 0 })

  /** Sets a point; one set on the last ends the drawing. */
  add(at: LonLat): void {
    if (this.done) this.clear()
    const last = this.points.at(-1)
    if (last && geodesicDistance(last, at) < 0.005) this.done = true
    else this.points = [...this.points, at]
  }

  undo(): void {
    if (this.done) this.done = false
    else this.points = this.points.slice(0, -1)
  }

  clear(): void {
    this.points = []
    this.next = undefined
    this.done = false
  }

  /** The drawing for the map: its legs with their lengths, its points, its area. */
  drawing(): FeatureCollection {
    const ring = this.#ring as unknown as Position[]
    const legs = ring.slice(1).map((to, i) => ({
      type: 'Feature' as const, properties: { words: lengthText(geodesicDistance(ring[i] as unknown as LonLat, to as unknown as LonLat)) },
      geometry: { type: 'LineString' as const, coordinates: [ring[i]!, to] },
    }))
    const points = this.points.map((p) => ({ type: 'Feature' as const, properties: {}, geometry: { type: 'Point' as const, coordinates: [...p] } }))
    const area = page.tool === 'area' && this.line.length > 2 ? [{ type: 'Feature' as const, properties: {}, geometry: { type: 'Polygon' as const, coordinates: [ring] } }] : []
    return { type: 'FeatureCollection', features: [...area, ...legs, ...points] }
  }
}

export const measuring = new Measuring()
