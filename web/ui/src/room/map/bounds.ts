// Where the province lies. Pure.
import type { Unit } from '../../lib/types'

export type Bounds = [west: number, south: number, east: number, north: number]

/** Sóc Trăng, for as long as no unit is known. */
const province: Bounds = [105.5, 9.22, 106.35, 9.97]

/** The smallest box around all units. */
export function boundsOf(units: readonly Pick<Unit, 'bbox'>[]): Bounds {
  const boxes = units.map((u) => u.bbox).filter((b) => b?.length === 4)
  if (!boxes.length) return province
  const edge = (i: number, pick: (...n: number[]) => number) => pick(...boxes.map((b) => b[i]!))
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)]
}
