// VN-2000 for what the page shows under the pointer, by the official seven parameters
// (EPSG:6960, Decision 05/2007/QD-BTNMT) and Krüger's series. The server never uses
// this: what is stored or sent out is computed by the database.

/** A zone of VN-2000: its EPSG code, its central meridian in degrees and the scale along it. */
export interface Zone {
  code: number
  meridian: number
  scale: number
}

/** Metres in a zone, named as the cadastre does: x is north, y is east. */
export interface Plane {
  x: number
  y: number
}

type Vector = [number, number, number]

const tm3: [number, number][] = [
  [5896, 102], [5897, 105], [5898, 108], [5899, 107.75], [9205, 103], [9206, 104], [9207, 104.5], [9208, 104.75], [9209, 105.5],
  [9210, 105.75], [9211, 106], [9212, 106.25], [9213, 106.5], [9214, 107], [9215, 107.25], [9216, 107.5], [9217, 108.25], [9218, 108.5],
]

/** Every zone: 3 degrees wide for the cadastre, and the two of UTM. */
export const zones: readonly Zone[] = [
  ...tm3.map(([code, meridian]) => ({ code, meridian, scale: 0.9999 })),
  { code: 3405, meridian: 105, scale: 0.9996 },
  { code: 3406, meridian: 111, scale: 0.9996 },
]

/** TM-3 105-30, in which the cadastre of Sóc Trăng measures. */
export const provinceZone: Zone = zones.find((z) => z.code === 9209)!

/** The zone of an EPSG code, undefined when it is none of VN-2000. */
export function zoneOf(code: number): Zone | undefined {
  return zones.find((z) => z.code === code)
}

/** The central meridian as it is written, such as 105°30'. */
export function meridianName(zone: Zone): string {
  const minutes = Math.round(zone.meridian * 60)
  return `${Math.floor(minutes / 60)}°${String(minutes % 60).padStart(2, '0')}'`
}

/** What tells the zones apart: the central meridian, or UTM and its number. */
export const zoneName = (zone: Zone): string => (zone.scale === 0.9996 ? `UTM ${(zone.meridian + 183) / 6}N` : meridianName(zone))

/** A point in WGS 84 degrees as metres in a zone. */
export function fromWgs84(lon: number, lat: number, zone: Zone): Plane {
  const [lon0, lat0] = geodetic(unshift(geocentric(lon * degree, lat * degree)))
  return project(lon0 - zone.meridian * degree, lat0, zone.scale)
}

/** Metres in a zone as longitude and latitude of WGS 84 in degrees. */
export function toWgs84(p: Plane, zone: Zone): [number, number] {
  const [dlon, lat] = unproject(p, zone.scale)
  const [lon84, lat84] = geodetic(shift(geocentric(dlon + zone.meridian * degree, lat)))
  return [lon84 / degree, lat84 / degree]
}

const degree = Math.PI / 180
const second = degree / 3600

// The ellipsoid of both systems.
const a = 6378137
const f = 1 / 298.257223563
const e2 = f * (2 - f)
const e = Math.sqrt(e2)

// Coordinate-frame rotation (EPSG method 9607).
const [tx, ty, tz] = [-191.90441429, -39.30318279, -111.45032835]
const [rx, ry, rz] = [-0.00928836 * second, 0.01975479 * second, -0.00427372 * second]
const m = 1.000000252906278

function shift([x, y, z]: Vector): Vector {
  return [tx + m * (x + rz * y - ry * z), ty + m * (-rz * x + y + rx * z), tz + m * (ry * x - rx * y + z)]
}

function unshift([x84, y84, z84]: Vector): Vector {
  const [x, y, z] = [(x84 - tx) / m, (y84 - ty) / m, (z84 - tz) / m]
  return [x - rz * y + ry * z, rz * x + y - rx * z, -ry * x + rx * y + z]
}

function geocentric(lon: number, lat: number): Vector {
  const nu = a / Math.sqrt(1 - e2 * Math.sin(lat) ** 2)
  return [nu * Math.cos(lat) * Math.cos(lon), nu * Math.cos(lat) * Math.sin(lon), nu * (1 - e2) * Math.sin(lat)]
}

/** Longitude and latitude; the height is dropped, as two-dimensional data has none. */
function geodetic([x, y, z]: Vector): [number, number] {
  const p = Math.hypot(x, y)
  let lat = Math.atan2(z, p * (1 - e2))
  for (let i = 0; i < 6; i++) {
    const nu = a / Math.sqrt(1 - e2 * Math.sin(lat) ** 2)
    lat = Math.atan2(z + e2 * nu * Math.sin(lat), p)
  }
  return [Math.atan2(y, x), lat]
}

// Krüger's series to n⁴: better than 0.01 mm within a zone.
const n = f / (2 - f)
const radius = (a / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64)
const forth = [
  n / 2 - (2 * n ** 2) / 3 + (5 * n ** 3) / 16 + (41 * n ** 4) / 180,
  (13 * n ** 2) / 48 - (3 * n ** 3) / 5 + (557 * n ** 4) / 1440,
  (61 * n ** 3) / 240 - (103 * n ** 4) / 140,
  (49561 * n ** 4) / 161280,
]
const back = [
  n / 2 - (2 * n ** 2) / 3 + (37 * n ** 3) / 96 - n ** 4 / 360,
  n ** 2 / 48 + n ** 3 / 15 - (437 * n ** 4) / 1440,
  (17 * n ** 3) / 480 - (37 * n ** 4) / 840,
  (4397 * n ** 4) / 161280,
]

const falseEasting = 500_000

/** Transverse Mercator; the longitude counts from the central meridian, in radians. */
function project(dlon: number, lat: number, scale: number): Plane {
  const s = Math.sin(lat)
  const t = Math.sinh(Math.atanh(s) - e * Math.atanh(e * s))
  const [xi, eta] = series(Math.atan2(t, Math.cos(dlon)), Math.atanh(Math.sin(dlon) / Math.hypot(1, t)), forth, 1)
  return { x: scale * radius * xi, y: falseEasting + scale * radius * eta }
}

function unproject({ x, y }: Plane, scale: number): [number, number] {
  const [xi, eta] = series(x / (scale * radius), (y - falseEasting) / (scale * radius), back, -1)
  const psi = Math.asinh(Math.tan(Math.asin(Math.sin(xi) / Math.cosh(eta))))
  let lat = Math.atan(Math.sinh(psi))
  for (let i = 0; i < 6; i++) lat = Math.atan(Math.sinh(psi + e * Math.atanh(e * Math.sin(lat))))
  return [Math.atan2(Math.sinh(eta), Math.cos(xi)), lat]
}

function series(xi0: number, eta0: number, terms: number[], sign: number): [number, number] {
  let [xi, eta] = [xi0, eta0]
  terms.forEach((term, i) => {
    const k = 2 * (i + 1)
    xi += sign * term * Math.sin(k * xi0) * Math.cosh(k * eta0)
    eta += sign * term * Math.cos(k * xi0) * Math.sinh(k * eta0)
  })
  return [xi, eta]
}
