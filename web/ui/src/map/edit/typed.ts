// Coordinates that somebody types, as surveys write them: X north, Y east, in metres of
// a zone, with a point or a comma. Pure.
import type { Position } from 'geojson'
import type { Frame } from './frame'
import { fromWgs84, toWgs84, type Zone } from '../vn2000'

/** 2.345 or 2,345: the one mark may be that of thousands. */
const grouped = /^-?[1-9]\d{0,2}[.,]\d{3}$/

/**
 * A number as people write it: 1.071.612,37 · 1,071,612.37 · 1071612.37. NaN when it is
 * none. The page writes two thousand as 2.000 (in English 2,000), so that is what it reads.
 */
export function readNumber(text: string, lang: string): number {
  const plain = text.trim().replace(/[\s\u00a0]/g, '').replace(/−/g, '-')
  if (!/^-?[\d.,]+$/.test(plain)) return NaN
  const last = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','))
  if (last < 0) return Number(plain)
  const mark = plain[last]!
  if (grouped.test(plain) && plain.includes(lang === 'en' ? ',' : '.')) return Number(plain.replace(/[.,]/, ''))
  const several = plain.split(mark).length > 2
  const both = plain.includes('.') && plain.includes(',')
  const whole = several && !both ? plain : plain.slice(0, last)
  if (!/^-?(\d+|\d{1,3}([.,]\d{3})+)$/.test(whole)) return NaN
  return Number(whole.replace(/[.,]/g, '') + (several && !both ? '' : `.${plain.slice(last + 1)}`))
}

/** Metres of a zone: none are so few that a mark before three digits could be the decimal one. */
function readMetres(text: string): number {
  const plain = text.replace(/[\s\u00a0]/g, '')
  return readNumber(grouped.test(plain) ? plain.replace(/[.,]/, '') : plain, 'vi')
}

/** Việt Nam with its sea, in degrees: what lies elsewhere has a digit too few or its numbers in the wrong fields. */
const [west, south, east, north] = [102, 6, 118, 24]

const isHere = ([lon, lat]: readonly number[]): boolean => lon! >= west && lon! <= east && lat! >= south && lat! <= north

/** A place typed in a zone, in the layer's own coordinates; exactly as typed where both are in one zone. */
export function typedPlace(x: string, y: string, zone: Zone, frame: Frame): Position | undefined {
  const plane = { x: readMetres(x), y: readMetres(y) }
  const place = toWgs84(plane, zone)
  if (!isHere(place)) return undefined
  return frame.zone?.code === zone.code ? [plane.y, plane.x] : frame.fromMap(place)
}

/** A place as it is typed in a zone. */
export function asTyped(p: Position, zone: Zone, frame: Frame, lang: string): { x: string; y: string } {
  const plane = frame.zone?.code === zone.code ? { x: p[1]!, y: p[0]! } : fromWgs84(...frame.toMap(p), zone)
  const text = (n: number) => String(Math.round(n * 1e4) / 1e4).replace('.', lang === 'en' ? '.' : ',')
  return { x: text(plane.x), y: text(plane.y) }
}
