// The features around, in the layer's own coordinates: what one snaps to, and what a
// click means. The open API rounds to a tenth of a millimetre; before something is
// made of a neighbour its exact shape is read.
import type { Geometry } from 'geojson'
import { readItems } from '../ogc'
import { readFeature } from './api'
import type { Frame } from './frame'
import type { Neighbour } from './snap'
import { distance } from './plane'
import { places, takeApart, type Shape } from './shape'
import type { Position } from 'geojson'

export type Box = readonly [west: number, south: number, east: number, north: number]

const most = 1000

const grown = ([w, s, e, n]: Box): Box => [w - (e - w) / 3, s - (n - s) / 3, e + (e - w) / 3, n + (n - s) / 3]
const within = (a: Box, b: Box) => a[0] >= b[0] && a[1] >= b[1] && a[2] <= b[2] && a[3] <= b[3]

export class Neighbours {
  list: readonly Neighbour[] = []
  /** More features are around than can be held: somebody must come nearer to snap. */
  tooMany = false
  #box: Box | undefined
  #abort: AbortController | undefined
  #exact = new Map<number, Promise<Shape | undefined>>()

  constructor(
    readonly layer: string,
    readonly frame: Frame,
    readonly crs: string,
  ) {}

  /** What is here has changed: the next look reads it again. */
  forget(): void {
    this.#box = undefined
    this.#exact.clear()
  }

  /** Reads what is around a box, unless it is here already. */
  async look(box: Box): Promise<void> {
    if (this.#box && within(box, this.#box)) return
    this.#abort?.abort()
    const abort = (this.#abort = new AbortController())
    const wide = grown(box)
    const code = this.frame.zone ? `&crs=http://www.opengis.net/def/crs/EPSG/0/${this.frame.zone.code}` : ''
    try {
      const items = await readItems(`/ogc/collections/${this.layer}/items?bbox=${wide.map((n) => n.toFixed(6)).join(',')}&limit=${most}${code}`, abort.signal)
      this.list = items.features.flatMap((f) => neighbour(Number(f.id), f.geometry))
      this.tooMany = items.features.length >= most
      this.#box = wide
      this.#exact.clear()
    } catch {
      // Without neighbours one can still edit; the next look asks again.
    }
  }

  exact(fid: number): Promise<Shape | undefined> {
    const known = this.#exact.get(fid)
    if (known) return known
    const reading = readFeature(this.layer, fid).then((f) => (f.geometry ? takeApart(f.geometry) : undefined), () => void this.#exact.delete(fid))
    this.#exact.set(fid, reading as Promise<Shape | undefined>)
    return reading as Promise<Shape | undefined>
  }

  /** The very coordinates of a neighbour's vertex that was rounded on its way. */
  async exactly(fid: number, p: Position): Promise<Position> {
    const shape = await this.exact(fid)
    for (const v of shape ? places(shape) : []) if (distance(v.p, p) <= this.frame.units(2e-4)) return v.p
    return p
  }
}

function neighbour(fid: number, geometry: Geometry | null): Neighbour[] {
  const shape = geometry && takeApart(geometry)
  return shape ? [{ fid, shape }] : []
}
