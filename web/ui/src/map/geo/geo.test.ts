import { expect, test } from 'vitest'
import { provinceZone, toWgs84 } from '../vn2000'
import { geodesicArea, geodesicLength, planeArea, planeLength, type LonLat } from './measure'
import { readPlace } from './place'
import { ratioOf, roundRatios, zoomOf } from './ratio'

// Reference figures of GeographicLib 2 (Karney).
test('lengths over the ground, to the millimetre', () => {
  expect(geodesicLength([[105.9, 9.6], [106.1, 9.75]])).toBeCloseTo(27514.144633, 3)
  expect(geodesicLength([[105.5, 9.2], [106.35, 9.97]])).toBeCloseTo(126331.739758, 3)
  expect(geodesicLength([[105.5, 9.2], [105.5, 9.2]])).toBe(0)
  expect(geodesicLength([[1, 1]])).toBe(0)
})

test('areas over the ground, to a millionth', () => {
  const cases: [LonLat[], number][] = [
    [[[105.9, 9.6], [106, 9.6], [106, 9.7], [105.9, 9.7]], 121394682.81757545],
    [[[105.5, 9.2], [106.35, 9.25], [106.2, 9.97], [105.6, 9.9]], 6268283536.710594],
    [[[105.9, 9.6], [105.9004, 9.6], [105.9004, 9.6003], [105.9, 9.6003]], 1456.9453927353024],
  ]
  for (const [ring, want] of cases) expect(Math.abs(geodesicArea(ring) / want - 1)).toBeLessThan(1e-6)
  expect(geodesicArea([...cases[0]![0]].reverse())).toBeCloseTo(geodesicArea(cases[0]![0]), 3)
})

test('the plane of the province is 0,9999 of the ground at its meridian', () => {
  const ring: LonLat[] = [[105.499, 9.6], [105.501, 9.6], [105.501, 9.602], [105.499, 9.602]]
  expect(planeLength(ring, provinceZone) / geodesicLength(ring)).toBeCloseTo(0.9999, 5)
  expect(planeArea(ring, provinceZone) / geodesicArea(ring)).toBeCloseTo(0.9998, 5)
  expect(planeArea([], provinceZone)).toBe(0)
})

test.each([
  '9.7445, 106.0835', '9,7445 106,0835', '9,7445 B 106,0835 Đ', '9.7445 N 106.0835 E', '106.0835 9.7445', '9.7445,106.0835', '106,0835; 9,7445', '9°44\'40.2"N 106°05\'00.6"E', '9° 44′ 40,2″ B, 106° 5′ 0,6″ Đ',
])('degrees: %s', (text) => {
  const found = readPlace(text, provinceZone)!
  expect(found.zone).toBeUndefined()
  expect([found.lat, found.lon].map((n) => Number(n.toFixed(4)))).toEqual([9.7445, 106.0835])
})

test.each(['1077655 564031', '564031 1077655', 'X 1.077.655 Y 564.031', 'X=1,077,655.00 m; Y=564,031.00 m', '1.077.655,00 564.031,00', 'Y 564031 X 1077655'])('metres: %s', (text) => {
  const found = readPlace(text, provinceZone)!
  expect(found.zone).toBe(provinceZone)
  expect(found.lat).toBeCloseTo(9.744, 2)
  expect(found.lon).toBeCloseTo(106.085, 2)
})

test.each([
  ['1077655 564031 105-00', 5897], ['564031 1077655 105-30', 9209], ["X 1.077.655,5 Y 564.031,4 (105°45')", 9210], ['1077655 564031 EPSG:5897', 5897], ['1077655; 564031; 9208', 9208],
  ['1077655 564031 KTT 105.5', 9209], ['Y 564031 X 1077655 kinh tuyến trục 105°00', 5897], ['1077655 564031 UTM 48N', 3405], ['1077655 564031 VN-2000 106', 9211],
])('metres in a zone of their own: %s', (text, code) => {
  const found = readPlace(text, provinceZone)!
  expect(found.zone?.code).toBe(code)
  const [lon, lat] = toWgs84({ x: 1077655, y: 564031 }, found.zone!)
  expect([found.lon, found.lat].map((n) => Number(n.toFixed(4)))).toEqual([lon, lat].map((n) => Number(n.toFixed(4))))
})

test.each(['1077655 564031 105-20', '1077655 564031 EPSG:3857', '9.7445 106.0835 105-30', '105-30', '', 'Đại Ngãi', 'thửa 12 tờ 3', '12', '1 2 3', '48.85, 2.35', '99 99', 'abc 9.7, 106'])('no place: %s', (text) => expect(readPlace(text, provinceZone)).toBeUndefined())

test('scale: one to n and back', () => {
  for (const n of [500, 10_000, 1_000_000]) expect(ratioOf(zoomOf(n, 9.6), 9.6)).toBeCloseTo(n, 3)
  expect(roundRatios.every((n, i) => i === 0 || n > roundRatios[i - 1]!)).toBe(true)
})
