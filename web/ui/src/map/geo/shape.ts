// What the page asks of a feature's shape. Pure.
import type { Geometry, Position } from 'geojson'
import { geodesicArea, type LonLat } from './measure'

/** West, south, east, north; undefined for an empty shape. */
export function boxOf(shape: Geometry): [number, number, number, number] | undefined {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of positions(shape)) {
    ;[west, south, east, north] = [Math.min(west, lon!), Math.min(south, lat!), Math.max(east, lon!), Math.max(north, lat!)]
  }
  return west <= east ? [west, south, east, north] : undefined
}

/** Square metres over the ground, without the holes; 0 for what is no area. */
export function areaOf(shape: Geometry): number {
  if (shape.type === 'Polygon') return polygonArea(shape.coordinates)
  if (shape.type === 'MultiPolygon') return shape.coordinates.reduce((sum, p) => sum + polygonArea(p), 0)
  return shape.type === 'GeometryCollection' ? shape.geometries.reduce((sum, g) => sum + areaOf(g), 0) : 0
}

function polygonArea(rings: Position[][]): number {
  const [outer = 0, ...holes] = rings.map((ring) => geodesicArea(ring.slice(0, -1) as unknown as LonLat[]))
  return holes.reduce((sum, hole) => sum - hole, outer)
}

function* positions(shape: Geometry): Generator<Position> {
  if (shape.type === 'GeometryCollection') for (const g of shape.geometries) yield* positions(g)
  else yield* flat(shape.coordinates)
}

function* flat(list: Position | Position[] | Position[][] | Position[][][]): Generator<Position> {
  if (typeof list[0] === 'number') yield list as Position
  else for (const part of list as Position[][]) yield* flat(part)
}
