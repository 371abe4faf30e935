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

/** A place typed in a zone, in the layer's own coordinates; exactly as typed where both are in one zone. */
export function typedPlace(x: string, y: string, zone: Zone, frame: Frame): Position | undefined {
  const [north, east] = [readMetres(x), readMetres(y)]
  if (!Number.isFinite(north) || !Number.isFinite(east) || north < 0 || north > 3e6 || east < 0 || east > 1e6) return undefined
  return frame.zone?.code === zone.code ? [east, north] : frame.fromMap(toWgs84({ x: north, y: east }, zone))
}

/** A place as it is typed in a zone. */
export function asTyped(p: Position, zone: Zone, frame: Frame, lang: string): { x: string; y: string } {
  const plane = frame.zone?.code === zone.code ? { x: p[1]!, y: p[0]! } : fromWgs84(...frame.toMap(p), zone)
  const text = (n: number) => String(Math.round(n * 1e4) / 1e4).replace('.', lang === 'en' ? '.' : ',')
  return { x: text(plane.x), y: text(plane.y) }
}
