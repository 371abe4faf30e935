// Lengths and areas of what somebody draws on the map. Two answers, and the page
// says which: over the ground (on the ellipsoid), and in the plane of a VN-2000
// zone, as the cadastre reckons.
import { fromWgs84, type Zone } from '../vn2000'

/** Longitude and latitude in degrees, WGS 84. */
export type LonLat = readonly [number, number]

const a = 6378137
const f = 1 / 298.257223563
const b = a * (1 - f)
const degree = Math.PI / 180

/** Metres along the geodesics that join the points. */
export function geodesicLength(points: readonly LonLat[]): number {
  return sumOfLegs(points, geodesicDistance)
}

/** Square metres inside the ring, whose last point joins the first; edges are geodesics (the error is below a millionth up to 100 km). */
export function geodesicArea(ring: readonly LonLat[]): number {
  let excess = 0
  ring.forEach((from, i) => {
    const to = ring[(i + 1) % ring.length]!
    const [t1, t2] = [halfTangent(from[1]), halfTangent(to[1])]
    excess += 2 * Math.atan2(Math.tan(((to[0] - from[0]) * degree) / 2) * (t1 + t2), 1 + t1 * t2)
  })
  return Math.abs(excess) * authalicRadius2
}

/** Metres in the plane of the zone. */
export function planeLength(points: readonly LonLat[], zone: Zone): number {
  return sumOfLegs(points, (p, q) => {
    const [from, to] = [fromWgs84(p[0], p[1], zone), fromWgs84(q[0], q[1], zone)]
    return Math.hypot(to.x - from.x, to.y - from.y)
  })
}

/** Square metres in the plane of the zone. */
export function planeArea(ring: readonly LonLat[], zone: Zone): number {
  const plane = ring.map(([lon, lat]) => fromWgs84(lon, lat, zone))
  const origin = plane[0]
  if (!origin) return 0
  let twice = 0
  plane.forEach((p, i) => {
    const q = plane[(i + 1) % plane.length]!
    twice += (p.y - origin.y) * (q.x - origin.x) - (q.y - origin.y) * (p.x - origin.x)
  })
  return Math.abs(twice) / 2
}

function sumOfLegs(points: readonly LonLat[], distance: (p: LonLat, q: LonLat) => number): number {
  let sum = 0
  for (let i = 1; i < points.length; i++) sum += distance(points[i - 1]!, points[i]!)
  return sum
}

/** Vincenty's inverse formula, good to a millimetre; far apart points that it does not settle for do not occur on a provincial map. */
export function geodesicDistance(p: LonLat, q: LonLat): number {
  const L = (q[0] - p[0]) * degree
  const [U1, U2] = [Math.atan((1 - f) * Math.tan(p[1] * degree)), Math.atan((1 - f) * Math.tan(q[1] * degree))]
  const [sin1, cos1, sin2, cos2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)]
  let lambda = L
  for (let i = 0; i < 100; i++) {
    const sinSigma = Math.hypot(cos2 * Math.sin(lambda), cos1 * sin2 - sin1 * cos2 * Math.cos(lambda))
    if (sinSigma === 0) return 0
    const cosSigma = sin1 * sin2 + cos1 * cos2 * Math.cos(lambda)
    const sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (cos1 * cos2 * Math.sin(lambda)) / sinSigma
    const cos2Alpha = 1 - sinAlpha ** 2
    const cos2M = cos2Alpha === 0 ? 0 : cosSigma - (2 * sin1 * sin2) / cos2Alpha
    const C = (f / 16) * cos2Alpha * (4 + f * (4 - 3 * cos2Alpha))
    const next = L + (1 - C) * f * sinAlpha * (sigma + C * sinSigma * (cos2M + C * cosSigma * (2 * cos2M ** 2 - 1)))
    const settled = Math.abs(next - lambda) < 1e-12
    lambda = next
    if (settled) return b * vincentyArc(cos2Alpha, sigma, sinSigma, cosSigma, cos2M)
  }
  return NaN
}

function vincentyArc(cos2Alpha: number, sigma: number, sinSigma: number, cosSigma: number, cos2M: number): number {
  const u2 = (cos2Alpha * (a * a - b * b)) / (b * b)
  const A = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
  const B = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
  const inner = cosSigma * (2 * cos2M ** 2 - 1) - (B / 6) * cos2M * (4 * sinSigma ** 2 - 3) * (4 * cos2M ** 2 - 3)
  return A * (sigma - B * sinSigma * (cos2M + (B / 4) * inner))
}

// The authalic sphere has the area of the ellipsoid, and of each of its zones.
const e = Math.sqrt(f * (2 - f))
const zoneArea = (sinLat: number) => (1 - e * e) * (sinLat / (1 - (e * sinLat) ** 2) + Math.atanh(e * sinLat) / e)
const polar = zoneArea(1)
const authalicRadius2 = (a * a * polar) / 2

/** The tangent of half the authalic latitude. */
function halfTangent(lat: number): number {
  const sinBeta = zoneArea(Math.sin(lat * degree)) / polar
  return sinBeta / (1 + Math.sqrt(1 - sinBeta ** 2))
}
