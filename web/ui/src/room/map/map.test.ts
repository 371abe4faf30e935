import { expect, test } from 'vitest'
import type { Alarm, ServiceRequest, Thing } from '../../lib/types'
import { boundsOf } from './bounds'
import { alarmFeatures, requestFeatures, stationFeatures } from './features'
import { roundDistance } from '../../lib/map/scale'

const now = Date.parse('2026-03-02T07:00:00Z')
const station = (id: string, type: string, secondsAgo: number, quality = 'good') =>
  ({ id, type, name: id, lon: 1, lat: 2, online: true, intervalS: 60, streams: [{ property: 'salinity', value: 3, time: new Date(now - secondsAgo * 1000).toISOString(), quality }] }) as unknown as Thing

test('stations: shape by kind and age, no dot under an alarm, doubt is marked', () => {
  const list = [station('a', 'salinity_station', 1), station('b', 'rain_gauge', 1), station('c', 'rain_gauge', 300), station('d', 'tide_gauge', 9999), station('e', 'pump', 1, 'suspect')]
  const { features } = stationFeatures(list, new Set(['a']), now, () => '3')
  expect(features.map((f) => f.properties['image'])).toEqual(['', 'ring', 'station-stale-minor', 'station-silent-major', 'cross'])
  expect(features.map((f) => f.properties['value'])).toEqual(['3', '3', '3', '–', '3 ?'])
})

test('alarms: the most urgent of a place, none without a place', () => {
  const alarm = (id: number, thing: string, lon: number) => ({ id, thing, lon, lat: 1, priority: 2, state: 'unacked' }) as Alarm
  const { features } = alarmFeatures([alarm(1, 't', 5), alarm(2, 't', 5), { ...alarm(3, '', 0), lat: 0 }])
  expect(features.map((f) => f.properties['id'])).toEqual([1])
})

test('reports: closed ones go, the chosen one stays', () => {
  const report = (code: string, status: string) => ({ code, status, lon: 1, lat: 1 }) as ServiceRequest
  const { features } = requestFeatures([report('a', 'received'), report('b', 'closed'), report('c', 'closed')], 'c')
  expect(features.map((f) => [f.properties['code'], f.properties['image']])).toEqual([['a', 'report'], ['c', 'report-chosen']])
})

test('scale bar: round lengths that fit', () => {
  expect([roundDistance(100, 100), roundDistance(24, 100), roundDistance(0.7, 100)]).toEqual([10_000, 2000, 50])
})

test('the province is the box around its units', () => {
  expect(boundsOf([{ bbox: [1, 2, 3, 4] }, { bbox: [0, 3, 2, 9] }])).toEqual([0, 2, 3, 9])
  expect(boundsOf([])[0]).toBeLessThan(106)
})
