// Turns the live state into GeoJSON for the map. Pure, so it is tested alone.
import type { FeatureCollection, Point } from 'geojson'
import type { Alarm, ServiceRequest, Thing } from '../../lib/types'
import { lookOf } from '../parts/alarmShapes'
import { untaken } from '../alarms'
import { freshness, isMajor, leadingStream, shortName } from '../stations'

type Points = FeatureCollection<Point, Record<string, string | number | boolean>>

const minorKinds: Record<string, string> = { rain_gauge: 'ring', traffic_counter: 'bar', pump: 'cross' }

const point = (lon: number, lat: number): Point => ({ type: 'Point', coordinates: [lon, lat] })

/**
 * Stations with image, name and value. A station under a standing alarm is left
 * out: its glyph takes the place of the dot.
 */
export function stationFeatures(
  things: Iterable<Thing>,
  alarmed: ReadonlySet<string>,
  now: number,
  value: (thing: Thing) => string,
): Points {
  const features = []
  for (const thing of things) {
    const fresh = freshness(thing, now)
    const major = isMajor(thing)
    const kind = major || fresh !== 'fresh' ? undefined : minorKinds[thing.type]
    const quality = leadingStream(thing)?.quality ?? 'good'
    features.push({
      type: 'Feature' as const,
      geometry: point(thing.lon, thing.lat),
      properties: {
        id: thing.id,
        name: shortName(thing.name),
        value: fresh === 'silent' || fresh === 'empty' ? '–' : value(thing) + (quality === 'good' ? '' : ' ?'),
        image: alarmed.has(thing.id) ? '' : kind ?? `station-${fresh === 'empty' ? 'silent' : fresh}-${major ? 'major' : 'minor'}`,
        fresh: fresh === 'fresh',
        major,
        rank: major ? 0 : 1,
      },
    })
  }
  return { type: 'FeatureCollection', features }
}

/** Standing alarms that have a place; several at one place show the most urgent. */
export function alarmFeatures(sorted: readonly Alarm[]): Points {
  const places = new Set<string>()
  const features = []
  for (const [rank, alarm] of sorted.entries()) {
    const place = alarm.thing || `${alarm.lon},${alarm.lat}`
    if ((alarm.lon === 0 && alarm.lat === 0) || places.has(place)) continue
    places.add(place)
    features.push({
      type: 'Feature' as const,
      geometry: point(alarm.lon, alarm.lat),
      properties: { id: alarm.id, thing: alarm.thing, image: `alarm-${alarm.priority}-${lookOf(alarm.state)}`, rank, untaken: untaken(alarm) },
    })
  }
  return { type: 'FeatureCollection', features }
}

/** Citizens' reports that are not closed. */
export function requestFeatures(requests: Iterable<ServiceRequest>, chosen: string): Points {
  const features = []
  for (const r of requests) {
    if (r.status === 'closed' && r.code !== chosen) continue
    features.push({
      type: 'Feature' as const,
      geometry: point(r.lon, r.lat),
      properties: { code: r.code, image: r.code === chosen ? 'report-chosen' : 'report' },
    })
  }
  return { type: 'FeatureCollection', features }
}
