// From when the account is counted. Pure: the caller says what time it is.
export const sinces = ['start', 'today', 'day', 'week'] as const
export type Since = (typeof sinces)[number] | number // a number is a chosen moment, ms

const hour = 3_600_000
const zoneMs = 7 * hour // Việt Nam is UTC+7 all year

/** The moment the account starts, or undefined for all there is. Midnight is Việt Nam's. */
export function sinceTime(since: Since, now: number): number | undefined {
  if (typeof since === 'number') return since
  if (since === 'today') return Math.floor((now + zoneMs) / (24 * hour)) * 24 * hour - zoneMs
  if (since === 'day') return now - 24 * hour
  return since === 'week' ? now - 7 * 24 * hour : undefined
}

/** As the API wants it: "?since=…" or nothing. */
export function sinceQuery(since: Since, now: number): string {
  const t = sinceTime(since, now)
  return t === undefined ? '' : `?since=${encodeURIComponent(new Date(t).toISOString())}`
}

/** As the address of the page keeps it, and back again. */
export const sinceWord = (since: Since): string => (typeof since === 'number' ? localInput(since) : since)

export function parseSince(word: string | null): Since {
  const named = sinces.find((s) => s === word)
  if (named) return named
  const t = word ? parseLocal(word) : NaN
  return Number.isNaN(t) ? 'start' : t
}

/** What an <input type="datetime-local"> holds, on the clock of Việt Nam whatever the machine's is. */
export const localInput = (t: number): string => new Date(t + zoneMs).toISOString().slice(0, 16)
export const parseLocal = (text: string): number => (/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? Date.parse(`${text}:00Z`) - zoneMs : NaN)
