// What the editor draws over the map: the open feature with its handles, what it was
// before, the rest of the draft, the line in hand.
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson'
import { boxOf } from '../geo/shape'
import { lengthText } from '../values'
import type { Past, Version } from './contract'
import { editing } from './editing.svelte'
import { onMap, type Frame } from './frame'
import { between, distance, equalPlace, same } from './plane'
import { edges, places, putTogether, type Shape } from './shape'

const mostHandles = 1500
const mostWords = 40

type Role = 'before' | 'other' | 'gone' | 'shape' | 'vertex' | 'active' | 'middle' | 'edge' | 'line' | 'caught' | 'problem' | 'disc' | 'after'

export const marked = (role: Role, geometry: Geometry, properties: Record<string, unknown> = {}): Feature => ({ type: 'Feature', properties: { role, ...properties }, geometry })

export function editMarks(reach: number): FeatureCollection {
  const { frame } = editing
  if (!frame) return { type: 'FeatureCollection', features: [] }
  const features = [...others(frame), ...before(frame), ...open(frame, reach), ...line(frame), ...problems(frame)]
  return { type: 'FeatureCollection', features }
}

function* others(frame: Frame): Generator<Feature> {
  for (const w of editing.draft().values()) {
    if (w.fid === editing.fid) continue
    const g = (w.after ?? w.before)?.geometry
    if (g) yield marked(w.op === 'delete' ? 'gone' : 'other', onMap(g, frame))
  }
}

function* before(frame: Frame): Generator<Feature> {
  const w = editing.working
  const was: Version | Past | null | undefined = editing.contestedShape ?? w?.before
  if (!w || !was?.geometry) return
  if (w.op === 'delete') yield marked('gone', onMap(was.geometry, frame))
  else if (editing.live || w.after?.geometry !== was.geometry) yield marked('before', onMap(was.geometry, frame))
}

function* open(frame: Frame, reach: number): Generator<Feature> {
  const { shape } = editing
  if (!shape) return
  yield marked('shape', onMap(putTogether(shape), frame))
  if (editing.tool !== 'vertex') return
  yield* handles(shape, frame, reach)
}

function* handles(shape: Shape, frame: Frame, reach: number): Generator<Feature> {
  const point = (p: Position): Geometry => ({ type: 'Point', coordinates: frame.toMap(p) })
  const all = [...places(shape)].slice(0, mostHandles)
  const sides = [...edges(shape)].slice(0, mostHandles)
  for (const { a, b } of sides) if (distance(a, b) > 3 * reach) yield marked('middle', point(between(a, b, 0.5)))
  for (const { at, p } of all) yield marked(editing.vertex && equalPlace(editing.vertex, at) ? 'active' : 'vertex', point(p))
  if (!frame.zone || sides.length > mostWords) return
  for (const { a, b } of sides) if (distance(a, b) > 5 * reach) yield marked('edge', { type: 'LineString', coordinates: [frame.toMap(a), frame.toMap(b)] }, { words: lengthText(distance(a, b)) })
}

function* line(frame: Frame): Generator<Feature> {
  const points = editing.next && editing.line.length ? [...editing.line, editing.next] : editing.line
  const path = points.map((p) => frame.toMap(p))
  if (path.length > 1) yield marked('line', { type: 'LineString', coordinates: path })
  if (editing.tool === 'draw' && editing.areas && path.length > 2) yield marked('other', { type: 'Polygon', coordinates: [[...path, path[0]!]] })
  for (const p of editing.line) yield marked('vertex', { type: 'Point', coordinates: frame.toMap(p) })
  if (editing.caught && editing.next && same(editing.caught.to, editing.next)) yield marked('caught', { type: 'Point', coordinates: frame.toMap(editing.next) })
}

function* problems(frame: Frame): Generator<Feature> {
  for (const [i, r] of (editing.sync?.changeset?.problems ?? []).entries()) if (r.geometry) yield* problemMarks(isDegrees(r.geometry) ? r.geometry : onMap(r.geometry, frame), i + 1)
}

/** Where a problem is, with the number it has in the list. */
export function problemMarks(g: Geometry, n: number): Feature[] {
  const box = boxOf(g)
  const disc = box ? [marked('disc', { type: 'Point', coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] }, { words: String(n) })] : []
  return [marked('problem', g), ...disc]
}

/** A check's answer comes in degrees, a draft that was read in the layer's own coordinates. */
export function isDegrees(g: Geometry): boolean {
  let c: unknown = g.type === 'GeometryCollection' ? undefined : g.coordinates
  while (Array.isArray(c) && Array.isArray(c[0])) c = c[0]
  return Array.isArray(c) && Math.abs(Number(c[0])) <= 180
}
