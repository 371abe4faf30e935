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
const hair = 2e-6 // degrees

const grown = ([w, s, e, n]: Box): Box => [w - (e - w) / 3, s - (n - s) / 3, e + (e - w) / 3, n + (n - s) / 3]
const equal = (a: Box, b: Box) => a.every((n, i) => n === b[i])
const within = (a: Box, b: Box) => a[0] >= b[0] && a[1] >= b[1] && a[2] <= b[2] && a[3] <= b[3]

export class Neighbours {
  list: readonly Neighbour[] = []
  /** More features are around than can be held: somebody must come nearer to snap. */
  tooMany = false
  /** What is around could not be read. */
  failed = false
  #box: Box | undefined // what is held; where that is not all of it, what was looked at
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
    if (this.#box && (this.tooMany ? equal(box, this.#box) : within(box, this.#box))) return
    this.#abort?.abort()
    const abort = (this.#abort = new AbortController())
    try {
      const wide = grown(box)
      const list = await this.#read(wide, most, abort.signal)
      this.list = list
      this.failed = false
      this.tooMany = list.length >= most
      this.#box = this.tooMany ? box : wide
      this.#exact.clear()
    } catch {
      this.failed ||= !abort.signal.aborted // one can still edit; the next look asks again
    }
  }

  /** What is under a place, however far away one looks at it. */
  under = ([lon, lat]: readonly [number, number]): Promise<Neighbour[]> => this.#read([lon - hair, lat - hair, lon + hair, lat + hair], 50, new AbortController().signal)

  async #read(box: Box, limit: number, signal: AbortSignal): Promise<Neighbour[]> {
    const code = this.frame.zone ? `&crs=http://www.opengis.net/def/crs/EPSG/0/${this.frame.zone.code}` : ''
    const items = await readItems(`/ogc/collections/${this.layer}/items?bbox=${box.map((n) => n.toFixed(6)).join(',')}&limit=${limit}${code}`, signal)
    return items.features.flatMap((f) => neighbour(Number(f.id), f.geometry))
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
