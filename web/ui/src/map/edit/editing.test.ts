import { beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '../../lib/api'
import { m } from '../../paraglide/staff/messages'
import type { Column } from '../types'
import { page } from '../page.svelte'
import { editing } from './editing.svelte'
import { server } from './pretended'

vi.mock('./api', async () => (await import('./pretended')).api)
vi.mock('../catalogue.svelte', async (read) => ({ ...(await read<object>()), layerOf: (slug: string) => ({ slug, title: { vi: 'Thửa đất', en: 'Parcels' }, key: ['b', 'number'], label: '', columns: [] }) }))

const column = (name: string, type: Column['type'], more: Partial<Column> = {}): Column => ({ name, type, label: { vi: name, en: name }, ...more })
const base = { properties: { a: 1, b: 'x' } as Record<string, unknown>, geometry: { type: 'Point' as const, coordinates: [105, 9] } }
const lost = () => Promise.reject(new Problem(0, 'unreachable', ''))

beforeEach(async () => {
  const held = new Map<string, string>()
  vi.stubGlobal('localStorage', { get length() { return held.size }, key: (i: number) => [...held.keys()][i] ?? null, getItem: (k: string) => held.get(k) ?? null, setItem: (k: string, v: string) => held.set(k, v), removeItem: (k: string) => held.delete(k) })
  for (const name of ['addEventListener', 'removeEventListener']) vi.stubGlobal(name, () => {})
  vi.stubGlobal('navigator', {})
  server.reset()
  editing.close()
  server.columns = [column('a', 'number'), column('b', 'text')]
  for (const fid of [7, 8, 9]) server.features.set(fid, base)
  page.found = []
  page.draft = 0
})

test('the feature of the address is open once the layer is', async () => {
  page.found = [{ layer: 'parcel', fid: '7' }]
  await editing.open('parcel')
  expect(editing.working).toMatchObject({ fid: 7, baseVersion: 3 })
})

test('the draft that was asked for is opened; else the newest that no program gathers', async () => {
  const [one, two, three] = [server.begin('parcel').id, server.begin('parcel').id, server.begin('parcel').id]
  server.sources.set(three, 'qgis')
  await editing.open('parcel', one)
  expect(editing.sync?.changeset?.id).toBe(one)
  await editing.open('parcel')
  expect(editing.sync?.changeset?.id).toBe(two)
  await editing.open('parcel', three)
  expect(editing.sync?.changeset?.id).toBe(three)
})

test('of two openings the last one counts', async () => {
  const first = editing.open('parcel')
  await editing.open('parcel', server.begin('parcel').id)
  const { sync } = editing
  await first
  expect(editing.sync).toBe(sync)
})

test('what was typed and cannot be read is named, and holds up handing in', async () => {
  await editing.open('parcel')
  await editing.choose(7)
  editing.setValue('b', 'y')
  editing.sync!.typed.set('7.a', '1.2o4')
  expect([...editing.stuck]).toEqual([7])
  expect([...editing.unreadNames]).toEqual([[7, ['a']]])
  editing.takeBack(7)
  expect([...editing.stuck]).toEqual([])
})

test('what was typed whole and never left its field is handed in too', async () => {
  await editing.open('parcel')
  await editing.choose(7)
  editing.setValue('b', 'y')
  editing.sync!.typed.set('7.a', '2,5')
  expect(await editing.submit('why', '')).toMatchObject({ id: 27, state: 'submitted' })
  expect(server.held.get(27)!.edits.get(7)!.after!.properties).toEqual({ a: 2.5, b: 'y' })
})

test('a lost answer to handing in is the success that it was', async () => {
  await editing.open('parcel')
  await editing.choose(7)
  editing.setValue('b', 'y')
  await editing.sync!.flush()
  server.hinder = (call) => (call === 'submit done' ? lost() : undefined)
  expect(await editing.submit('why', '')).toMatchObject({ id: 27, state: 'submitted' })
  expect([editing.sync?.changeset, editing.steps.now.size]).toEqual([undefined, 0])
})

test('a new feature keeps its form while it gets its number', async () => {
  await editing.open('parcel')
  editing.use('draw')
  editing.line = [[105, 9]]
  editing.finishLine()
  const { opened, fid } = editing
  await editing.sync!.flush()
  expect([fid, editing.fid, editing.opened]).toEqual([-1, 50, opened])
})

test('a piece that is split off has neither the number nor the area of the whole', async () => {
  server.columns = [column('a', 'number', { unit: 'm2' }), column('b', 'text'), column('number', 'integer')]
  const ring = [[105, 9], [105.01, 9], [105.01, 9.01], [105, 9.01], [105, 9]]
  server.features.set(7, { properties: { a: 1000, b: 'x', number: 12 }, geometry: { type: 'Polygon', coordinates: [ring] } })
  await editing.open('parcel')
  await editing.choose(7)
  editing.use('split')
  editing.line = [[105.004, 8.99], [105.004, 9.02]]
  editing.finishLine()
  expect(editing.steps.now.get(-1)?.after?.properties).toEqual({ b: 'x' })
  expect(editing.steps.now.get(7)?.after?.properties).toEqual({ a: 1000, b: 'x', number: 12 })
})

test('a title that the page made is no reason, whenever and in whichever language it was', async () => {
  await editing.open('parcel')
  expect(['Sửa Thửa đất 02/03/2026', 'Edit Parcels 01/03/2026', editing.title(), 'Sửa Thửa đất theo biên bản 12'].map(editing.madeUp)).toEqual([true, true, true, false])
})

test('what was said of a shape stays while attributes are typed, until another feature is opened', async () => {
  await editing.open('parcel')
  await editing.choose(7)
  editing.said = 'split'
  editing.setValue('b', 'y')
  expect(editing.said).toBe('split')
  await editing.choose(8)
  expect(editing.said).toBe('')
})

test('checking says what it waits for', async () => {
  await editing.open('parcel')
  server.columns = [column('b', 'text', { required: true })]
  await editing.open('parcel')
  await editing.choose(7)
  editing.setValue('a', 2)
  editing.use('draw')
  editing.addPoint([105, 9])
  await editing.check()
  expect(editing.said).toBe(m.edit_check_stuck())
})
