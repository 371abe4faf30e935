// Between a layer's own coordinates (east, north), which go to the server as they are,
// and those of the map. Pure.
import type { Geometry, Position } from 'geojson'
import { fromWgs84, toWgs84, zoneOf, type Zone } from '../vn2000'

export interface Frame {
  zone: Zone | undefined // undefined: degrees of WGS 84
  toMap(p: Position): [number, number]
  fromMap(p: readonly [number, number]): Position
  /** A length on the ground in the frame's own unit. */
  units(metres: number): number
}

const metresPerDegree = 111_320

/** The frame of an EPSG code such as EPSG:9209; undefined when this page cannot reckon in it. */
export function frameOf(crs: string): Frame | undefined {
  const code = Number(/(\d+)$/.exec(crs)?.[1])
  if (code === 4326 || /CRS84$/.test(crs)) return { zone: undefined, toMap: (p) => [p[0]!, p[1]!], fromMap: (p) => [...p], units: (m) => m / metresPerDegree }
  const zone = zoneOf(code)
  return zone && inZone(zone)
}

function inZone(zone: Zone): Frame {
  return {
    zone,
    toMap: (p) => toWgs84({ x: p[1]!, y: p[0]! }, zone),
    fromMap: ([lon, lat]) => {
      const { x, y } = fromWgs84(lon, lat, zone)
      return [y, x].map((n) => Math.round(n * 1e4) / 1e4) // a tenth of a millimetre: what VN-2000 is good for
    },
    units: (m) => m,
  }
}

type Nested = Position | readonly Nested[]

/** A geometry of the frame as the map draws it. */
export function onMap(g: Geometry, frame: Frame): Geometry {
  if (g.type === 'GeometryCollection') return { ...g, geometries: g.geometries.map((one) => onMap(one, frame)) }
  const walk = (c: Nested): unknown => (typeof c[0] === 'number' ? frame.toMap(c as Position) : (c as readonly Nested[]).map(walk))
  return { ...g, coordinates: walk(g.coordinates as Nested) } as Geometry
}
