// A feature's values in the words and units of the reader.
import { clockSeconds, coordinates, date, longDate, nbsp, number } from '../lib/format'
import { locale } from '../lib/locale.svelte'
import { m } from '../paraglide/staff/messages'
import { codeLabel, text } from './catalogue.svelte'
import type { Column, MapLayer } from './types'

// UCUM codes that are not written as they are spelt.
const symbols: Record<string, string> = { m2: 'm²', m3: 'm³', km2: 'km²', har: 'ha', Cel: '°C', 'm3/s': 'm³/s', '%': '%', deg: '°' }

export const unitSymbol = (unit: string | undefined): string => (unit ? (symbols[unit] ?? unit) : '')

/** One value as it is read; "–" where there is none. */
export function valueText(column: Column, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  switch (column.type) {
    case 'code': return codeLabel(column.codeList, String(value))
    case 'boolean': return value ? m.map_yes() : m.map_no()
    case 'integer': return wholeText(Number(value), column.unit !== undefined)
    case 'number': return number(Number(value), Number.isInteger(value) ? 0 : decimals(Number(value)), locale())
    case 'date': return dayText(String(value))
    case 'datetime': return longDate(Date.parse(String(value)), locale())
    default: return String(value)
  }
}

/** A value to the last digit and with its unit, where one is held against another: 2.345,51 m² is not 2.345,54 m². */
export function exactText(column: Column, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  const unit = column.unit ? nbsp + unitSymbol(column.unit) : ''
  switch (column.type) {
    case 'integer': return valueText(column, value) + unit
    case 'number': return number(Number(value), fraction(Number(value)), locale()) + unit
    case 'datetime': return instantText(String(value))
    default: return valueText(column, value)
  }
}

/** How many decimals a number is written with: those of 2345.51 are 2, of 1e-7 are 7. */
function fraction(x: number): number {
  const [, decimals = '', power = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(x)) ?? []
  return Math.min(20, Math.max(0, decimals.length - Number(power)))
}

/** 18/06/2024 14:05:00, on the clock of Việt Nam. */
function instantText(instant: string): string {
  const t = Date.parse(instant)
  return Number.isNaN(t) ? instant : `${date(t, 0, locale())} ${clockSeconds(t)}`
}

/** Whole numbers of four digits are years, sheets and parcels more often than amounts: without a unit they are written as they are spoken of, 2025. */
const wholeText = (n: number, amount: boolean) => (amount || Math.abs(n) >= 10_000 ? number(n, 0, locale()) : String(n).replace('-', '−'))

/** Areas and lengths have one decimal, small numbers more. */
const decimals = (x: number) => (Math.abs(x) >= 100 ? 1 : Math.abs(x) >= 1 ? 2 : 4)

/** 18/06/2024 or 18 Jun 2024. */
export function dayText(day: string): string {
  const t = Date.parse(`${day.slice(0, 10)}T05:00:00Z`)
  return Number.isNaN(t) ? day : date(t, 0, locale())
}

export const columnName = (column: Column): string => text(column.label) || column.name

/** The columns that name a feature: its label, or what its key is made of. */
export const nameColumns = ({ label, key }: Pick<MapLayer, 'label' | 'key'>): readonly string[] => (label && !key.includes(label) ? [label] : key.length ? key : label ? [label] : [])

/** Whether a feature has a name of its own, beyond the columns that number it. */
export const hasName = (layer: MapLayer, properties: Record<string, unknown>): boolean => Boolean(layer.label && properties[layer.label]) && !layer.key.includes(layer.label)

/** What a feature is called: the columns that name it, or its number. */
export function featureName(layer: MapLayer, properties: Record<string, unknown>, fid: string): string {
  const label = layer.label && properties[layer.label]
  const key = layer.key.map((name) => properties[name]).filter((v) => v !== null && v !== undefined && v !== '')
  if (hasName(layer, properties)) return String(label)
  return key.length ? key.join(' / ') : label ? String(label) : `#${fid}`
}

/** 1.242,4 m², 317,04 ha or 456,78 km²: land is reckoned in hectares until it is as large as a commune. */
export function areaText(m2: number): string {
  if (m2 >= 1e8) return `${number(m2 / 1e6, 2, locale())} km²`
  if (m2 >= 1e5) return `${number(m2 / 1e4, 2, locale())} ha`
  return `${number(m2, 1, locale())} m²`
}

/** 14,91 m or 3,204 km. */
export function lengthText(metres: number): string {
  return metres >= 10_000 ? `${number(metres / 1000, 3, locale())} km` : `${number(metres, 2, locale())} m`
}

export const lonLatText = (lon: number, lat: number): string => coordinates(lon, lat, locale())

/** How often a layer is brought up to date: an ISO 8601 duration in words, anything else as it is. */
export function rhythmText(rhythm: string): string {
  const [, n, unit] = /^P(\d+)([YMWD])$/.exec(rhythm) ?? []
  if (!n || !unit) return rhythm
  const each: Record<string, () => string> = { Y: m.map_every_year, M: m.map_every_month, W: m.map_every_week, D: m.map_every_day }
  const every: Record<string, (given: { n: string }) => string> = { Y: m.map_every_years, M: m.map_every_months, W: m.map_every_weeks, D: m.map_every_days }
  return (n === '1' ? each[unit]?.() : every[unit]?.({ n })) ?? rhythm
}

/** Where the layers come from, each once; one that begins another is part of it. */
export function sourcesOf(layers: readonly Pick<MapLayer, 'attribution'>[]): string[] {
  const all = [...new Set(layers.map((l) => l.attribution).filter(Boolean))]
  return all.filter((a) => !all.some((b) => b !== a && b.startsWith(a)))
}
