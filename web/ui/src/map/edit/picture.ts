// Two shapes of one feature side by side, in one scale. Pure.
import type { Geometry, Position } from 'geojson'
import { areaOf } from '../geo/shape'
import { geodesicDistance, type LonLat } from '../geo/measure'
import { area, distance } from './plane'
import { countVertices, edges, isArea, places, takeApart, type Shape } from './shape'

export interface Picture {
  paths: string[] // one for each geometry, empty where there is none
  dots: [number, number][][] // of points
}

/** SVG paths of the geometries within a box of that size; north is up. */
export function picture(geometries: readonly (Geometry | null | undefined)[], width: number, height: number): Picture {
  const shapes = geometries.map((g) => (g ? takeApart(g) : undefined))
  const [w, s, e, n] = around(shapes)
  const scale = Math.min(width / (e - w || 1), height / (n - s || 1)) * 0.84
  const at = (p: Position): [number, number] => [width / 2 + (p[0]! - (w + e) / 2) * scale, height / 2 - (p[1]! - (s + n) / 2) * scale].map((x) => Math.round(x * 10) / 10) as [number, number]
  const isPoint = (shape: Shape) => shape.type === 'Point' || shape.type === 'MultiPoint'
  return {
    paths: shapes.map((shape) => (shape && !isPoint(shape) ? shape.parts.flat().map((r) => `M${r.map((p) => at(p).join(' ')).join('L')}${isArea(shape) ? 'Z' : ''}`).join('') : '')),
    dots: shapes.map((shape) => (shape && isPoint(shape) ? [...places(shape)].map((v) => at(v.p)) : [])),
  }
}

/** The box around shapes, however many vertices they have. */
function around(shapes: readonly (Shape | undefined)[]): [number, number, number, number] {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const shape of shapes) for (const { p } of shape ? places(shape) : []) [w, s, e, n] = [Math.min(w, p[0]!), Math.min(s, p[1]!), Math.max(e, p[0]!), Math.max(n, p[1]!)]
  return [w, s, e, n]
}

export interface Measures {
  area: number
  length: number
  vertices: number
}

/** What a shape in metres measures on its plane. */
export function measures(g: Geometry | null | undefined): Measures | undefined {
  const s = g && takeApart(g)
  if (!s) return undefined
  const sum = s.parts.reduce((all, part) => all + part.reduce((n, r, i) => n + (i ? -1 : 1) * Math.abs(area(r)), 0), 0)
  const length = [...edges(s)].reduce((n, { a, b }) => n + distance(a, b), 0)
  return { area: isArea(s) ? sum : 0, length, vertices: countVertices(s) }
}

/** What a shape in degrees measures over the ground. */
export function groundMeasures(g: Geometry | null | undefined): Measures | undefined {
  const s = g && takeApart(g)
  if (!s) return undefined
  const length = [...edges(s)].reduce((n, { a, b }) => n + geodesicDistance(a as unknown as LonLat, b as unknown as LonLat), 0)
  return { area: areaOf(g), length, vertices: countVertices(s) }
}
