// What the editor draws over the map: the open feature with its handles, what it was
// before, the rest of the draft, the line in hand.
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson'
import { boxOf } from '../geo/shape'
import { lengthText } from '../values'
import type { Past, Version } from './contract'
import { editing } from './editing.svelte'
import { onMap, type Frame } from './frame'
import { firstWithin, isLong, mostHandles, type Side } from './handles'
import type { Box } from './neighbours'
import { between, distance, east, equalPlace, north, same } from './plane'
import { countVertices, edges, places, putTogether, type Shape } from './shape'

const mostWords = 40

type Role = 'before' | 'other' | 'gone' | 'shape' | 'vertex' | 'active' | 'middle' | 'edge' | 'line' | 'caught' | 'problem' | 'disc' | 'after'

export const marked = (role: Role, geometry: Geometry, properties: Record<string, unknown> = {}): Feature => ({ type: 'Feature', properties: { role, ...properties }, geometry })

export function editMarks(reach: number): FeatureCollection {
  const { frame } = editing
  if (!frame) return { type: 'FeatureCollection', features: [] }
  const features = [...others(frame), ...before(frame), ...open(frame, reach), ...line(frame), ...problems(frame)]
  return { type: 'FeatureCollection', features }
}

/** Vertices that a drag does not move, and shapes of the draft that nobody touches, are the same objects as before: what they are on the map is reckoned once. */
const known = new WeakMap<Frame, { vertices: WeakMap<Position, [number, number]>; shapes: WeakMap<Geometry, Geometry> }>()

function knownIn(frame: Frame) {
  const there = known.get(frame) ?? { vertices: new WeakMap(), shapes: new WeakMap() }
  known.set(frame, there)
  return there
}

function projecting(frame: Frame): Frame['toMap'] {
  const { vertices } = knownIn(frame)
  return (p) => {
    const there = vertices.get(p) ?? frame.toMap(p)
    vertices.set(p, there)
    return there
  }
}

export function shapeOnMap(g: Geometry, frame: Frame): Geometry {
  const { shapes } = knownIn(frame)
  const there = shapes.get(g) ?? onMap(g, frame)
  shapes.set(g, there)
  return there
}

function* others(frame: Frame): Generator<Feature> {
  for (const w of editing.draft().values()) {
    if (w.fid === editing.fid) continue
    const g = (w.after ?? w.before)?.geometry
    if (g) yield marked(w.op === 'delete' ? 'gone' : 'other', shapeOnMap(g, frame))
  }
}

function* before(frame: Frame): Generator<Feature> {
  const w = editing.working
  const was: Version | Past | null | undefined = editing.contestedShape ?? w?.before
  if (!w || !was?.geometry) return
  if (w.op === 'delete') yield marked('gone', shapeOnMap(was.geometry, frame))
  else if (editing.live || w.after?.geometry !== was.geometry) yield marked('before', shapeOnMap(was.geometry, frame))
}

function* open(frame: Frame, reach: number): Generator<Feature> {
  const { shape } = editing
  if (!shape) return
  yield marked('shape', onMap(putTogether(shape), { ...frame, toMap: projecting(frame) }))
  if (editing.tool !== 'vertex') return
  yield* handles(shape, frame, reach)
}

function* handles(shape: Shape, frame: Frame, reach: number): Generator<Feature> {
  const to = projecting(frame)
  const point = (p: Position): Geometry => ({ type: 'Point', coordinates: to(p) })
  const box = countVertices(shape) > mostHandles ? inFrame(frame, editing.box) : undefined
  const middle = ({ a, b }: Side) => between(a, b, 0.5)
  const sides = firstWithin(edges(shape), middle, box).filter((side) => isLong(side, reach))
  for (const side of sides) yield marked('middle', point(middle(side)))
  for (const { at, p } of firstWithin(places(shape), (v) => v.p, box)) yield marked(editing.vertex && equalPlace(editing.vertex, at) ? 'active' : 'vertex', point(p))
  if (!frame.zone || countVertices(shape) > mostWords) return
  for (const { a, b } of sides) if (distance(a, b) > 5 * reach) yield marked('edge', { type: 'LineString', coordinates: [to(a), to(b)] }, { words: lengthText(distance(a, b)) })
}

/** What is in view, in the layer's own coordinates and a little more. */
function inFrame(frame: Frame, box: Box | undefined): number[] | undefined {
  if (!box) return undefined
  const corners = [[0, 1], [0, 3], [2, 1], [2, 3]].map(([x, y]) => frame.fromMap([box[x!]!, box[y!]!]))
  const [x, y] = [corners.map(east), corners.map(north)]
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)]
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
  for (const [i, r] of (editing.sync?.changeset?.problems ?? []).entries()) if (r.geometry) yield* problemMarks(isDegrees(r.geometry) ? r.geometry : onMap(r.geometry, frame), i + 1, r.kind)
}

/** Where a problem is, with the number it has in the list. */
export function problemMarks(g: Geometry, n: number, kind: string): Feature[] {
  const box = boxOf(g)
  const disc = box ? [marked('disc', { type: 'Point', coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] }, { words: String(n) })] : []
  return kind === 'area' ? disc : [marked('problem', g), ...disc] // the whole of a feature would hide what was changed of it
}

/** A check's answer comes in degrees, a draft that was read in the layer's own coordinates. */
export function isDegrees(g: Geometry): boolean {
  let c: unknown = g.type === 'GeometryCollection' ? undefined : g.coordinates
  while (Array.isArray(c) && Array.isArray(c[0])) c = c[0]
  return Array.isArray(c) && Math.abs(Number(c[0])) <= 180
}
