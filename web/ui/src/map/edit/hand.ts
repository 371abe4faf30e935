// The hand on the map: what a click, a drag and a key do with the tool that is in use.
import type { Position } from 'geojson'
import { metresPerPixel } from '../geo/ratio'
import { Problem } from '../../lib/api'
import { m } from '../../paraglide/staff/messages'
import { problemText } from '../../room/problems'
import { page } from '../page.svelte'
import { editMarks } from './drawing'
import { editing, type EditTool } from './editing.svelte'
import type { Box } from './neighbours'
import { between, distance, inside, same } from './plane'
import { sideNear, vertexNear } from './handles'
import { insertVertex, isArea, moveVertex, places, vertexAt, type Place, type Shape } from './shape'
import { snap, type Neighbour } from './snap'
import type { LonLat, Taker } from './taker.svelte'

const reachPx = 10
const jitterPx = 5 // a hand that only clicks moves this much

const pixels = (n: number): number => (page.view ? (editing.frame?.units(n * metresPerPixel(page.view.zoom, page.view.lat)) ?? 0) : 0)

const reach = (): number => pixels(reachPx)

/** The reach in steps, that a map which is only moved need not be drawn on anew. */
const shownReach = (): number => editing.frame?.units(reachPx * metresPerPixel(page.zoomStep, page.latStep)) ?? 0

/** The vertex that is held, and where it was taken hold of. */
interface Held {
  fid: number | undefined
  at: Place
  from: Position
  shape: Shape // as it was before
  made: boolean // the vertex is new
}

let held: Held | undefined

/** What one may snap to: neighbours, and where it is cut the border of the open area itself. */
function magnets(): readonly Neighbour[] {
  const { fid, shape, tool } = editing
  return tool === 'split' && shape && fid !== undefined ? [...editing.around(), { fid, shape }] : editing.around()
}

/** Where a click means to be: on what is near, else there. */
function meant(at: LonLat): Position {
  const p = editing.frame!.fromMap(at)
  editing.caught = editing.snapping ? snap(p, magnets(), reach()) : undefined
  return editing.caught?.to ?? p
}

function handleAt(p: Position): Pick<Held, 'at' | 'shape' | 'made'> | undefined {
  const { shape } = editing
  if (!shape || editing.tool !== 'vertex') return undefined
  const far = reach()
  const at = vertexNear(shape, p, far)
  if (at) return { at, shape, made: false }
  const side = sideNear(shape, p, far)
  return side && { at: { ...side.at, i: side.at.i + 1 }, shape: insertVertex(shape, side.at, between(side.a, side.b, 0.5)), made: true }
}

const holds = (s: Shape, p: Position): boolean => isArea(s) && s.parts.some(([outer, ...holes]) => inside(outer!, p) && !holes.some((h) => inside(h, p)))

function featureAt(p: Position, all: readonly Neighbour[]): number | undefined {
  return all.find((n) => (isArea(n.shape) ? holds(n.shape, p) : [...places(n.shape)].some((v) => distance(v.p, p) <= reach())))?.fid
}

function addToLine(at: LonLat): void {
  const [clicked, p] = [editing.frame!.fromMap(at), meant(at)]
  const [first, last] = [editing.line[0], editing.line.at(-1)]
  // Also where it was clicked: a neighbour that arrives between two clicks pulls the second one away.
  const near = (q: Position | undefined) => q !== undefined && Math.min(distance(q, p), distance(q, clicked)) <= reach() / 2
  const closes = editing.line.length > 2 && near(first) && editing.tool === 'draw'
  if (near(last) || closes) return editing.finishLine(closes)
  editing.addPoint(p)
}

/** Takes the shape as it was let go, and after that the very coordinates of the neighbour's vertex it was let go on. */
async function settle(at: Place, shape: Shape): Promise<void> {
  const { fid, caught, neighbours } = editing
  const to = vertexAt(shape, at)!
  editing.setShape(shape)
  if (fid === undefined || caught?.kind !== 'vertex' || caught.fid < 0 || !neighbours) return
  const exact = await neighbours.exactly(caught.fid, caught.to)
  if (!same(exact, to) && editing.neighbours === neighbours) editing.refine(fid, at, to, exact)
}

function letGo(): void {
  if (held?.made && !editing.live) editing.vertex = undefined
  held = undefined
  editing.live = editing.next = editing.caught = undefined
}

export const hand: Taker = {
  only: () => editing.layer,
  tap(at) {
    if (!editing.frame) return false
    const p = editing.frame.fromMap(at)
    if (editing.tool === 'draw' || editing.tool === 'split') addToLine(at)
    else if (editing.tool === 'merge') void mergeAt(at)
    else if (handleAt(p)) return true
    else return chooseNew(p)
    return true
  },
  point(at) {
    if (!editing.frame || held) return
    editing.next = at && editing.line.length + Number(editing.tool === 'draw' || editing.tool === 'split') > 0 ? meant(at) : undefined
  },
  grab(at) {
    if (!editing.frame) return false
    const from = editing.frame.fromMap(at)
    const handle = handleAt(from)
    if (!handle) return false
    held = { fid: editing.fid, from, ...handle }
    editing.vertex = handle.at
    return true
  },
  drag(at) {
    if (!held || !editing.isOpen(held.fid)) return letGo()
    if (!editing.live && distance(held.from, editing.frame!.fromMap(at)) < pixels(jitterPx)) return
    const to = meant(at)
    editing.next = to
    editing.live = moveVertex(held.shape, held.at, to)
  },
  drop() {
    if (!held) return
    if (editing.live) void settle(held.at, editing.live)
    letGo()
  },
  cursor(at) {
    if (!editing.frame) return ''
    if (editing.tool !== 'vertex') return 'crosshair'
    return held ? 'grabbing' : handleAt(editing.frame.fromMap(at)) ? 'grab' : ''
  },
  marks: () => editMarks(shownReach()),
  key,
  rest: (box) => void lookAround(box),
  changed: () => {
    editing.neighbours?.forget()
    if (editing.base && !editing.draft().has(editing.base.fid)) void editing.readBase()
    editing.sync?.news()
  },
}

/** A feature that only the draft has is on no tile. */
function chooseNew(p: Position): boolean {
  const found = [...editing.draft().values()].find((w) => w.op === 'insert' && editing.around().some((n) => n.fid === w.fid && holds(n.shape, p)))
  if (!found) return false
  page.choose([])
  void editing.choose(found.fid)
  return true
}

/** Merges what is under a click; where the neighbours are not known, the server is asked. */
async function mergeAt(at: LonLat): Promise<void> {
  const { fid: mine, neighbours } = editing
  const p = editing.frame!.fromMap(at)
  try {
    const fid = featureAt(p, editing.around()) ?? featureAt(p, editing.apart(await neighbours?.under(at) ?? []))
    if (!editing.isOpen(mine) || editing.neighbours !== neighbours || editing.tool !== 'merge') return
    if (fid === undefined) editing.said = m.edit_merge_none()
    else await editing.mergeWith(fid)
  } catch (cause) {
    editing.said = problemText(cause instanceof Problem ? cause : new Problem(0, 'unreachable', ''))
  }
}

const nearZoom = 15

async function lookAround(box: Box): Promise<void> {
  if (!editing.box || editing.box.some((n, i) => n !== box[i])) editing.box = box
  const { neighbours } = editing
  const near = (page.view?.zoom ?? 0) >= nearZoom
  if (near) await neighbours?.look(box)
  if (editing.neighbours !== neighbours) return
  editing.far = !near || (neighbours?.tooMany ?? false)
  editing.alone = near && (neighbours?.failed ?? false)
}

const tools: Record<string, EditTool> = { v: 'vertex', d: 'draw', s: 'split', g: 'merge' }

function key(event: KeyboardEvent): boolean {
  if (held) return keyWhileHeld(event)
  const control = event.ctrlKey || event.metaKey
  const k = event.key.toLowerCase()
  if (control && k === 'z') event.shiftKey ? editing.redo() : editing.undo()
  else if (control && k === 'y') editing.redo()
  else if (control || event.altKey) return false
  else if (k === 'escape') return escape()
  else if (k === 'delete' || k === 'backspace') editing.line.length ? editing.undo() : editing.removeVertex()
  else if (k === 'f') editing.finishLine()
  else if (k in tools && editing.can(tools[k]!)) editing.use(tools[k]!)
  else return false
  return true
}

/** A drag is one step: Escape gives it up, and nothing else comes in between. */
function keyWhileHeld(event: KeyboardEvent): boolean {
  if (event.key === 'Escape') {
    editing.live = undefined
    letGo()
  }
  return true
}

function escape(): boolean {
  if (editing.line.length) editing.line = []
  else if (editing.tool !== 'vertex') editing.use('vertex')
  else if (editing.vertex) editing.vertex = undefined
  else if (editing.fid !== undefined) {
    void editing.choose(undefined)
    page.choose([])
  } else return false
  return true
}
