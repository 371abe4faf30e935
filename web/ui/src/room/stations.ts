// What a station's values mean at a given time: fresh, stale or silent, and
// which of its values stands for it. Pure.
import type { Stream, Thing } from '../lib/types'

export type Freshness = 'fresh' | 'stale' | 'silent' | 'empty'

const staleAfter = 3 // intervals
const silentAfter = 12

/** When the station last measured anything, in ms; 0 when never. */
export function lastMeasured(thing: Thing): number {
  return thing.streams.reduce((last, s) => Math.max(last, s.time ? Date.parse(s.time) : 0), 0)
}

/** Age against the station's own interval: three missed readings are stale, twelve or an offline word silent. */
export function freshness(thing: Thing, now: number): Freshness {
  return freshnessOf(lastMeasured(thing), thing, now)
}

/** The same for one value. */
export function streamFreshness(stream: Stream, thing: Thing, now: number): Freshness {
  return freshnessOf(stream.time ? Date.parse(stream.time) : 0, thing, now)
}

function freshnessOf(last: number, thing: Thing, now: number): Freshness {
  if (last === 0) return 'empty'
  const missed = (now - last) / 1000 / Math.max(thing.intervalS, 10)
  if (missed > silentAfter || (thing.online === false && missed > staleAfter)) return 'silent'
  return missed > staleAfter ? 'stale' : 'fresh'
}

const leading = [
  'salinity', 'water_level', 'rain', 'pm25', 'traffic_flow', 'pump_running', 'lamp_power', 'air_temperature', 'pm10',
]

/** The value that stands for a station on the map and in lists. */
export function leadingStream(thing: Thing): Stream | undefined {
  for (const property of leading) {
    const found = thing.streams.find((s) => s.property === property)
    if (found) return found
  }
  return thing.streams[0]
}

/** Stations that carry their name and value on the map at every zoom. */
export const isMajor = (thing: Thing): boolean => thing.type === 'salinity_station' || thing.type === 'tide_gauge'

/** The place in a station's name: "Trạm đo mặn Đại Ngãi" is "Đại Ngãi" on the map, where its mark says what it is. */
export const shortName = (name: string): string => name.replace(/^Trạm(?: \p{Ll}+)+ (?=\p{Lu})/u, '')

/** Strips marks, so that "dai ngai" finds "Đại Ngãi". */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase()
}

export interface Filter {
  sector: string // empty: all
  unit: string // empty: all
}

/** Whether a thing, an alarm or a report is within the chosen sector and area. */
export function within(filter: Filter, item: { sector?: string; unit: string }): boolean {
  if (filter.unit && item.unit !== filter.unit) return false
  return !filter.sector || (item.sector ?? 'citizens') === filter.sector
}
