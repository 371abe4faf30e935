import type { Polygon } from 'geojson'
import { expect, it } from 'vitest'
import { groundMeasures } from './picture'

/** A square of a ten-thousandth of a degree, at the mouth of the Hậu, widened to the east. */
const field = (east = 0): Polygon => ({ type: 'Polygon', coordinates: [[[106.1, 9.5], [106.1001 + east, 9.5], [106.1001 + east, 9.5001], [106.1, 9.5001], [106.1, 9.5]]] })

it('a shape in degrees is measured in metres over the ground', () => {
  const was = groundMeasures(field())!
  expect(was.area).toBeCloseTo(121.45, 1)
  expect(was.length).toBeCloseTo(44.08, 1)
  expect(was.vertices).toBe(4)
  expect(groundMeasures(field(0.00001))!.area - was.area).toBeCloseTo(12.14, 1)
  expect(groundMeasures(null)).toBeUndefined()
})
