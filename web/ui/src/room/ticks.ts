// Where the time axis has its ticks, and which of them carry words. Pure.

const hour = 3_600_000

export interface Tick {
  t: number
  label: 'date' | 'hour' | 'none'
}

const zoneMs = 7 * hour // Việt Nam is UTC+7 all year

/** Hour ticks of a window; midnight carries the date. Pure. */
export function ticks(from: number, to: number): Tick[] {
  const span = to - from
  const step = span <= 8 * hour ? hour / 2 : span <= 30 * hour ? hour : 3 * hour
  const labelled = span <= 8 * hour ? hour : span <= 30 * hour ? 3 * hour : 12 * hour
  const out: Tick[] = []
  for (let t = Math.ceil((from + zoneMs) / step) * step - zoneMs; t < to; t += step) {
    const ofDay = (t + zoneMs) % (24 * hour)
    out.push({ t, label: ofDay === 0 ? 'date' : ofDay % labelled === 0 ? 'hour' : 'none' })
  }
  return out
}
