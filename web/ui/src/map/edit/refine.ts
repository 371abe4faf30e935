// A vertex that was put down on a rounded place learns the very one later, in every
// step that has it there; in those where it has been moved since, it stays. Pure.
import type { Position } from 'geojson'
import type { Draft, Working } from './draft'
import { same } from './plane'
import { moveVertex, putTogether, takeApart, vertexAt, type Place } from './shape'

/** What to do to each draft; what drafts share they share afterwards, too. */
export function refined(fid: number, at: Place, from: Position, to: Position): (d: Draft) => Draft {
  const seen = new Map<Working, Working>()
  return (d) => {
    const w = d.get(fid)
    if (!w) return d
    const better = seen.get(w) ?? one(w, at, from, to)
    seen.set(w, better)
    return better === w ? d : new Map(d).set(fid, better)
  }
}

function one(w: Working, at: Place, from: Position, to: Position): Working {
  const shape = w.after?.geometry && takeApart(w.after.geometry)
  const p = shape && vertexAt(shape, at)
  if (!w.after || !p || !same(p, from)) return w
  return { ...w, after: { ...w.after, geometry: putTogether(moveVertex(shape, at, to)) } }
}
