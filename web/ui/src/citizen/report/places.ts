// Finding a commune: by the letters typed, or by a point.
import type { Unit } from '../../lib/types'

/** "Đại Ngãi" and "dai ngai" are the same to a search. Khmer is left as it is. */
export function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd').replace(/\s+/g, ' ').trim()
}

/** Communes whose Vietnamese or Khmer name holds every word typed, in their given order. */
export function search(units: readonly Unit[], typed: string): Unit[] {
  const words = fold(typed).split(' ')
  return units.filter((u) => {
    const name = fold(`${u.name} ${u.nameKm}`)
    return words.every((w) => name.includes(w))
  })
}

/** Whether a point can be in the province: it lies in the box of at least one commune. */
export function mayBeInside(units: readonly Unit[], lon: number, lat: number): boolean {
  return units.some((u) => inBox(u.bbox, lon, lat))
}

/** The commune with the nearest centre among those whose box holds the point. */
export function near(units: readonly Unit[], lon: number, lat: number): Unit | undefined {
  const squash = Math.cos((lat * Math.PI) / 180)
  const far = (u: Unit) => ((u.lon - lon) * squash) ** 2 + (u.lat - lat) ** 2
  const here = units.filter((u) => inBox(u.bbox, lon, lat))
  return here.reduce<Unit | undefined>((best, u) => (best && far(best) <= far(u) ? best : u), undefined)
}

/** The box of all communes: west, south, east, north. */
export function extent(units: readonly Unit[]): [number, number, number, number] {
  return units.reduce<[number, number, number, number]>(
    ([w, s, e, n], u) => [Math.min(w, u.bbox[0]), Math.min(s, u.bbox[1]), Math.max(e, u.bbox[2]), Math.max(n, u.bbox[3])],
    [180, 90, -180, -90],
  )
}

const inBox = ([w, s, e, n]: Unit['bbox'], lon: number, lat: number) => lon >= w && lon <= e && lat >= s && lat <= n
