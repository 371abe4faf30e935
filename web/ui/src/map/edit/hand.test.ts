import { beforeEach, expect, test, vi } from 'vitest'
import type { Polygon, Position } from 'geojson'
import { page } from '../page.svelte'
import type { Editing, Past } from './contract'
import type { Working } from './draft'
import { editing } from './editing.svelte'
import { frameOf } from './frame'
import { hand } from './hand'
import { Neighbours } from './neighbours'
import { takeApart } from './shape'
import { begin } from './steps'

const { readFeature } = vi.hoisted(() => ({ readFeature: vi.fn() }))
vi.mock('./api', async (all) => ({ ...(await all<object>()), readFeature }))

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
