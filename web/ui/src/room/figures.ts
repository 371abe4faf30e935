// The one figure each sector shows in the rail. Pure but for the words.
import { m } from '../paraglide/staff/messages'
import { number } from '../lib/format'
import { locale } from '../lib/locale.svelte'
import type { ServiceRequest, Stream, Thing } from '../lib/types'
import { propertyName } from './catalogue.svelte'
import { shortName, streamFreshness } from './stations'
import { valueWithUnit } from './words'

interface Reading {
  thing: Thing
  stream: Stream & { value: number }
}

const peaks: Record<string, string> = { salinity: 'salinity', tide: 'water_level', air: 'pm25', traffic: 'traffic_flow' }

/** The figure of a sector: the highest fresh value and where, or how many of what run. */
export function sectorFigure(sector: string, things: readonly Thing[], requests: readonly ServiceRequest[], now: number): string {
  if (sector === 'citizens') {
    const open = requests.filter((r) => r.status !== 'closed')
    return m.figure_requests({ open: open.length, fresh: open.filter((r) => r.status === 'received').length })
  }
  if (!things.length) return m.figure_none()
  if (sector === 'sluice') return onOff(things, 'pump_running', now, (on, all) => m.figure_pumps({ on, all }))
  if (sector === 'power') return onOff(things, 'lamp_power', now, (on, all) => m.figure_lamps({ on, all }))
  return peak(things, peaks[sector], now)
}

/** Fresh readings of one property. */
function readings(things: readonly Thing[], property: string | undefined, now: number): Reading[] {
  const found: Reading[] = []
  for (const thing of things) {
    for (const stream of thing.streams) {
      if (property && stream.property !== property) continue
      if (stream.value !== null && streamFreshness(stream, thing, now) === 'fresh') found.push({ thing, stream: stream as Reading['stream'] })
    }
  }
  return found
}

function peak(things: readonly Thing[], property: string | undefined, now: number): string {
  const top = readings(things, property, now).reduce<Reading | undefined>((a, b) => (a && a.stream.value >= b.stream.value ? a : b), undefined)
  if (!top) return m.figure_old()
  const what = property === 'pm25' ? `${propertyName('pm25')} ` : ''
  return `${what}${valueWithUnit(top.stream)} · ${shortName(top.thing.name)}`
}

function onOff(things: readonly Thing[], property: string, now: number, say: (on: string, all: string) => string): string {
  const found = readings(things, property, now)
  if (!found.length) return m.figure_old()
  const text = (n: number) => number(n, 0, locale())
  return say(text(found.filter((r) => r.stream.value > 0).length), text(found.length))
}
