// Reads coordinates as people type and paste them: WGS 84 in degrees, or metres in
// a VN-2000 zone, in either order, with Vietnamese or English decimals. Pure.
import { toWgs84, zones, type Zone } from '../vn2000'

/** A place somebody typed, and how it was understood. */
export interface Typed {
  lon: number
  lat: number
  zone?: Zone // in which metres were read; none: WGS 84
}

// What may lie on our maps: Việt Nam with its sea.
const plausibleLat = (n: number) => n >= 5 && n <= 25
const plausibleLon = (n: number) => n >= 101 && n <= 120
const plausibleNorth = (n: number) => n >= 500_000 && n <= 2_800_000
const plausibleEast = (n: number) => n >= 100_000 && n <= 900_000

/** The place the text names, or undefined when it names none. Metres are read in the zone typed behind them, else in the one given. */
export function readPlace(text: string, zone: Zone): Typed | undefined {
  const typed = cutZone(text.trim())
  const found = typed && readPair(typed.bare, typed.zone)
  return found?.zone ? found : readPair(text, zone)
}

// A central meridian (105-30, 105°30', KTT 105.5), an EPSG code or a zone of UTM behind a pair.
const behind = /^(.+?)(?:[,;]?\s+|\s*[;(]\s*)\(?(?:vn-?2000|epsg\s*:?|ktt|kinh tuyến trục|kinh tuyến|múi|zone|tm-?3|[\s:,])*(?:(10[2-8])(?:\s*[-°.,]\s*(\d{1,2})?\s*['′’]?)?|(\d{4})|utm\s*(48|49)\s*n?)\s*\)?$/iu
const minutes: Record<string, number> = { '': 0, '0': 0, '00': 0, '15': 15, '25': 15, '30': 30, '5': 30, '50': 30, '45': 45, '75': 45 }

function cutZone(text: string): { bare: string; zone: Zone } | undefined {
  const found = behind.exec(text)
  if (!found) return undefined
  const [, bare, degree, minute = '', epsg, utm] = found
  const code = utm ? { 48: 3405, 49: 3406 }[utm] : Number(epsg)
  const meridian = Number(degree) + (minutes[minute] ?? NaN) / 60
  const zone = zones.find((z) => z.code === code || (z.scale === 0.9999 && z.meridian === meridian))
  return zone && { bare: bare!.trim(), zone }
}

function readPair(text: string, zone: Zone): Typed | undefined {
  const sexagesimal = readDegrees(text)
  if (sexagesimal) return inDegrees(...sexagesimal)
  const parts = split(text)
  if (!parts) return undefined
  const [first, second] = parts.map(readings) as [number[], number[]]
  for (const a of first) for (const b of second) {
    const found = inDegrees(a, b) ?? inMetres(a, b, zone)
    if (found) return found
  }
  return undefined
}

function inDegrees(a: number, b: number): Typed | undefined {
  if (plausibleLat(a) && plausibleLon(b)) return { lat: a, lon: b }
  if (plausibleLat(b) && plausibleLon(a)) return { lat: b, lon: a }
  return undefined
}

function inMetres(a: number, b: number, zone: Zone): Typed | undefined {
  const plane = plausibleNorth(a) && plausibleEast(b) ? { x: a, y: b } : plausibleNorth(b) && plausibleEast(a) ? { x: b, y: a } : undefined
  if (!plane) return undefined
  const [lon, lat] = toWgs84(plane, zone)
  return { lon, lat, zone }
}

/** 9°44'40"N 106°05'01,5"E and its like. */
function readDegrees(text: string): [number, number] | undefined {
  const found = [...text.matchAll(/(\d{1,3})\s*°\s*(\d{1,2})\s*['′’]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*["″”]?)?/gu)]
  if (found.length !== 2) return undefined
  const [a, b] = found.map(([, d, m, s]) => Number(d) + Number(m) / 60 + Number((s ?? '0').replace(',', '.')) / 3600)
  return [a!, b!]
}

/** The two numbers as written, without the letters and signs around them; undefined when there is more or less than that. */
function split(text: string): [string, string] | undefined {
  if (/\p{L}{3,}/u.test(text)) return undefined
  const bare = text.replace(/[°′″'"=:]|\bm\b|\p{L}/giu, ' ').trim()
  const spaced = bare.split(/\s*;\s*|,\s+|\s+/).filter(Boolean)
  const parts = spaced.length === 1 ? bare.split(',') : spaced
  return parts.length === 2 && parts.every((p) => /^[\d.,]+$/.test(p)) ? (parts as [string, string]) : undefined
}

/** What the digits can mean: 564.031 is metres in Vietnamese and degrees in English. */
function readings(digits: string): number[] {
  const plain = (decimal: string, thousands: string) => Number(digits.replaceAll(thousands, '').replace(decimal, '.'))
  const [dots, commas] = [digits.split('.').length - 1, digits.split(',').length - 1]
  if (dots && commas) return [digits.lastIndexOf(',') > digits.lastIndexOf('.') ? plain(',', '.') : plain('.', ',')]
  if (dots > 1) return [plain(',', '.')]
  if (commas > 1) return [plain('.', ',')]
  return [plain('.', ','), plain(',', '.')].filter((n, i, all) => all.indexOf(n) === i)
}
