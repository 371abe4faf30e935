// Retention in words, and the disk's future. Pure.
import { m } from '../../paraglide/staff/messages'
import { number } from '../../lib/format'
import type { Locale } from '../../lib/locale.svelte'
import type { Disk } from './contract'
import type { Point } from './plot'

const day = 86_400_000

/** "5 năm", "18 tháng", "giữ mãi". */
export function keepText(months: number): string {
  if (months === 0) return m.keep_forever()
  return months % 12 === 0 ? m.keep_years({ n: months / 12 }) : m.keep_months({ n: months })
}

/** Until when the disk lasts, or why that is not known. */
export function daysText(disk: Disk, lang: Locale): string {
  if (disk.free === null) return m.disk_unknown()
  if (disk.state === 'reserve') return m.disk_at_reserve()
  if (disk.state === 'learning') return m.disk_young()
  if (disk.daysLeft === null) return m.disk_steady()
  if (disk.daysLeft > 3650) return m.disk_long()
  return m.disk_days({ n: number(Math.max(0, Math.floor(disk.daysLeft)), 0, lang) })
}

/** The disk needs hands: a month left, or the reserve has begun. */
export const diskShort = (disk: Disk): boolean => (disk.daysLeft !== null && disk.daysLeft < 30) || (disk.free !== null && disk.free <= disk.reserve)

export interface DiskLines {
  free: Point[]
  forecast: Point[] // from the newest sample on
  from: number
  to: number
}

/** Free space so far, and a straight line on at the recent rate: until the reserve begins where that is within a year. */
export function diskLines(disk: Disk): DiskLines {
  const free = [...(disk.samples ?? []), disk].flatMap((s) => (s.free === null ? [] : [{ t: Date.parse(s.at), v: s.free }])).sort((a, b) => a.t - b.t)
  const last = free.at(-1) ?? { t: Date.parse(disk.at), v: 0 }
  const from = Math.min(free[0]?.t ?? last.t, last.t - day)
  const left = disk.daysLeft !== null && disk.daysLeft < 365 ? disk.daysLeft * day : 0
  const ahead = Math.max(left * 1.1, Math.min(last.t - from, 30 * day), day)
  const end = left || ahead
  const forecast = disk.perDay === null ? [] : [last, { t: last.t + end, v: Math.max(0, last.v - (disk.perDay * end) / day) }]
  return { free, forecast, from, to: last.t + ahead }
}

/** Months are UTC, as the partitions of the database are. */
export function nextMonth(now: number): Date {
  const d = new Date(now)
  return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1))
}

/** When the readings of the month that begins at `from` go, all at once: when the term is over for the last of them. */
export function firstDrop(from: number, months: number): Date {
  const d = new Date(from)
  return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1 + months, 1))
}
