import { beforeEach, expect, test, vi } from 'vitest'
import type { Polygon, Position } from 'geojson'
import { m } from '../../paraglide/staff/messages'
import { page } from '../page.svelte'
import type { Editing, Past } from './contract'
import type { Working } from './draft'
import { editing } from './editing.svelte'
import { frameOf } from './frame'
import { hand } from './hand'
import { Neighbours } from './neighbours'
import { takeApart } from './shape'
import { begin } from './steps'
import type { Sync } from './sync.svelte'

const { readFeature, readItems } = vi.hoisted(() => ({ readFeature: vi.fn(), readItems: vi.fn() }))
vi.mock('./api', async (all) => ({ ...(await all<object>()), readFeature }))
vi.mock('../ogc', async (all) => ({ ...(await all<object>()), readItems }))

const [e, n] = [558100, 1071000]
const frame = frameOf('EPSG:9209')!
const box = (x: number, y: number, w: number): Polygon => ({ type: 'Polygon', coordinates: [[[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]].map(([a, b]) => [e + a!, n + b!])] })
const held = (fid: number, geometry: Polygon): Working => ({ fid, op: 'update', baseVersion: 1, before: { properties: {}, geometry: box(900, 900, 1) }, after: { properties: {}, geometry } })
const on = (x: number, y: number) => frame.toMap([e + x, n + y])
const corner = (fid: number, i: number): Position => (editing.draft().get(fid)!.after!.geometry as Polygon).coordinates[0]![i]!.map((c, k) => c - [e, n][k]!)

/** Answers that come when they are let. */
let answer: (geometry: Polygon) => void

beforeEach(() => {
  page.view = { zoom: 18, lon: 106, lat: 9.6 }
  editing.close()
  editing.frame = frame
  editing.info = { geometry: 'Polygon', columns: [] } as unknown as Editing
  editing.steps = begin(new Map([[1, held(1, box(0, 0, 40))], [2, held(2, box(200, 0, 40))]]))
  editing.neighbours = new Neighbours('parcel', frame, 'EPSG:9209')
  editing.neighbours.list = [{ fid: 7, shape: takeApart(box(50, 0, 40))! }]
  readFeature.mockImplementation(() => new Promise<Past>((done) => { answer = (geometry) => done({ fid: 7, geometry, properties: {}, rowVersion: 1 } as Past) }))
})

function drag(from: [number, number], to: [number, number]): void {
  expect(hand.grab(on(...from))).toBe(true)
  hand.drag(on(...to))
  hand.drop()
}

const settled = () => new Promise((r) => setTimeout(r))

test('a corner that is let go on a neighbour is moved at once, in the feature it is of, whatever is opened meanwhile', async () => {
  await editing.choose(1)
  drag([40, 0], [49.8, 0.1])
  expect(corner(1, 1)).toEqual([50, 0])
  await editing.choose(2)
  answer(box(50.00004, 0, 40))
  await settled()
  expect(corner(1, 1)[0]).toBeCloseTo(50.00004, 7)
  expect(corner(2, 1)).toEqual([240, 0])
  expect(editing.steps.past).toHaveLength(1) // to know better is no step of its own
  editing.undo()
  expect(corner(1, 1)).toEqual([40, 0])
  editing.redo()
  expect(corner(1, 1)[0]).toBeCloseTo(50.00004, 7)
})

test('two corners in a row both stay; one that was moved again is not moved back', async () => {
  await editing.choose(1)
  drag([40, 0], [49.8, 0.1])
  drag([40, 40], [49.8, 40.1])
  drag([50, 0], [30, 3])
  answer(box(50.00004, 0, 40))
  await settled()
  expect(corner(1, 1)[0]).toBeCloseTo(30, 3)
  expect(corner(1, 2)[0]).toBeCloseTo(50.00004, 7)
})

test('a neighbour that is merged in goes to the feature that was open, or nowhere', async () => {
  editing.steps = begin(new Map([[1, held(1, box(10, 0, 40))], [2, held(2, box(200, 0, 40))]]))
  await editing.choose(1)
  editing.use('merge')
  hand.tap(on(70, 20))
  await editing.choose(2)
  answer(box(50, 0, 40))
  await settled()
  expect(editing.steps.past).toHaveLength(0)
})

test('the second of two clicks on a neighbour does not say that it cannot be merged', async () => {
  editing.steps = begin(new Map([[1, held(1, box(10, 0, 40))]]))
  const answers: (() => void)[] = []
  readFeature.mockImplementation(() => new Promise<Past>((done) => answers.push(() => done({ fid: 7, geometry: box(50, 0, 40), properties: {}, rowVersion: 1 } as Past))))
  await editing.choose(1)
  editing.use('merge')
  hand.tap(on(70, 20))
  hand.tap(on(70, 20))
  await settled()
  for (const come of answers) come()
  await settled()
  expect(editing.draft().get(7)?.op).toBe('delete')
  expect(editing.said).toBe(m.edit_merge_done({ name: '' }))
  expect(editing.steps.past).toHaveLength(1)
})

test('to take a corner in the hand does not move it; Escape gives a drag up', async () => {
  await editing.choose(1)
  drag([40, 0], [40.8, 0.8]) // two pixels
  expect(editing.steps.past).toHaveLength(0)
  expect(editing.vertex).toEqual({ part: 0, ring: 0, i: 1 })
  drag([20, 0], [20.3, 0]) // the handle half way along a side
  expect(editing.vertex).toBeUndefined()
  hand.grab(on(40, 0))
  hand.drag(on(44, 4))
  expect(hand.key({ key: 'Escape' } as KeyboardEvent)).toBe(true)
  hand.drop()
  expect(editing.steps.past).toHaveLength(0)
  expect(editing.fid).toBe(1)
})

test('a cut snaps to the corners of the open area itself, and divides it', async () => {
  await editing.choose(1)
  editing.use('split')
  for (const at of [[0.8, -0.5], [39.5, 40.6], [39.5, 40.6]] as [number, number][]) hand.tap(on(...at))
  expect([editing.tool, editing.draft().size]).toEqual(['vertex', 3])
  expect(corner(1, 0)).toEqual([0, 0])
})

test('far away what is clicked is asked for, to merge it; where nothing is, that is said', async () => {
  await editing.choose(1)
  editing.neighbours!.list = []
  readItems.mockResolvedValue({ features: [{ id: '7', geometry: box(40, 0, 40) }] })
  editing.use('merge')
  hand.tap(on(300, 20))
  await settled()
  expect(editing.said).not.toBe('')
  hand.tap(on(70, 20))
  await settled()
  answer(box(40, 0, 40))
  await settled()
  expect(editing.draft().get(7)?.op).toBe('delete')
  expect((editing.draft().get(1)!.after!.geometry as Polygon).coordinates[0]).toContainEqual([e + 80, n + 40])
})

test('that neighbours are not known is said: from afar, and where they are too many', async () => {
  page.view = { zoom: 14.6, lon: 106, lat: 9.6 }
  hand.rest([106, 9, 106.1, 9.1])
  await settled()
  expect(editing.far).toBe(true)
  page.view = { zoom: 18, lon: 106, lat: 9.6 }
  readItems.mockResolvedValue({ features: Array.from({ length: 1000 }, (_, i) => ({ id: i, geometry: box(i, 0, 1) })) })
  hand.rest([106, 9, 106.1, 9.1])
  await settled()
  expect(editing.far).toBe(true)
  readItems.mockResolvedValue({ features: [] })
  hand.rest([106.05, 9.05, 106.06, 9.06]) // nearer, within what was looked at
  await settled()
  expect(editing.far).toBe(false)
})

test('that neighbours could not be read is said until they are', async () => {
  page.view = { zoom: 18, lon: 106, lat: 9.6 }
  readItems.mockRejectedValue(new Error('no network'))
  hand.rest([106, 9, 106.01, 9.01])
  await settled()
  expect(editing.deaf).toBe(m.edit_snap_unread())
  editing.snapping = false
  expect(editing.deaf).toBe('')
  editing.snapping = true
  readItems.mockResolvedValue({ features: [] })
  hand.rest([106, 9, 106.01, 9.01])
  await settled()
  expect(editing.deaf).toBe('')
})

test('a line that was given up comes back whole, and step by step', () => {
  const key = (k: string, ctrlKey = false) => hand.key({ key: k, ctrlKey } as KeyboardEvent)
  editing.use('draw')
  for (const x of [0, 10, 20]) editing.addPoint([e + x, n])
  key('Escape')
  expect([editing.line.length, editing.undoable]).toEqual([0, true])
  key('z', true)
  expect(editing.line).toHaveLength(3)
  key('Backspace')
  expect(editing.line).toHaveLength(2)
  key('y', true)
  expect([editing.line.length, editing.redoable]).toEqual([3, true]) // giving it up, again
  editing.use('vertex')
  expect([editing.line.length, editing.undoable, editing.redoable]).toEqual([0, false, false])
})

test('a key takes up no tool that its button does not offer', async () => {
  const key = (k: string) => hand.key({ key: k } as KeyboardEvent)
  expect(key('d')).toBe(false) // nothing is open to draw into
  editing.sync = {} as unknown as Sync
  expect([key('d'), editing.tool]).toEqual([true, 'draw'])
  expect([key('s'), editing.tool]).toEqual([false, 'draw'])
  await editing.choose(1)
  expect([key('s'), editing.tool]).toEqual([true, 'split'])
  editing.steps = begin(new Map([[1, { ...held(1, box(0, 0, 40)), op: 'delete' as const, after: null }]]))
  expect([key('g'), editing.tool]).toEqual([false, 'split'])
  editing.sync = undefined
})

test('in a layer of points one point is the feature; a line that divides nothing is kept', async () => {
  editing.info = { geometry: 'MultiPoint', columns: [] } as unknown as Editing
  editing.use('draw')
  expect(editing.fewest).toBe(1)
  editing.addPoint([e, n])
  expect([editing.draft().size, editing.tool]).toEqual([3, 'vertex'])
  editing.info = { geometry: 'Polygon', columns: [] } as unknown as Editing
  await editing.choose(1)
  editing.use('split')
  editing.line = [[e - 5, n + 5], [e + 20, n + 5]]
  editing.finishLine()
  expect(editing.line).toHaveLength(2)
  editing.addPoint([e + 50, n + 5])
  editing.finishLine()
  expect([editing.line.length, editing.draft().size]).toEqual([0, 4])
})

test('the second click at one place ends the line, also when a neighbour has arrived in between', () => {
  editing.neighbours!.list = []
  editing.use('draw')
  for (const [x, y] of [[100, 20], [80, 20], [92, 2]] as const) hand.tap(on(x, y))
  editing.neighbours!.list = [{ fid: 7, shape: takeApart(box(50, 0, 40))! }]
  hand.tap(on(92, 2))
  expect(editing.line).toEqual([])
  expect([...editing.draft().values()].some((w) => w.op === 'insert')).toBe(true)
})
