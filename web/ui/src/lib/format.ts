// Numbers, times and ages as the design language writes them (section 11).
// Pure functions: the caller says the language and what time it is.
import type { Locale } from './locale.svelte'

/** No-break space: a value and its unit stay on one line. */
export const nbsp = '\u00a0'
const zone = 'Asia/Ho_Chi_Minh'
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Khmer pages write numbers as Vietnamese ones do. */
const tag = (lang: Locale) => (lang === 'en' ? 'en-GB' : 'vi-VN')

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()
function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const kept = cache.get(key) as T | undefined
  if (kept) return kept
  const made = make()
  cache.set(key, made)
  return made
}

/** 3,42 · 18.244 (vi) or 3.42 · 18,244 (en); the minus is U+2212. */
export function number(x: number, decimals: number, lang: Locale): string {
  const format = cached(`n${lang}${decimals}`, () =>
    new Intl.NumberFormat(lang === 'en' ? 'en-GB' : 'de-DE', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  )
  const text = format.format(x)
  if (!text.startsWith('-')) return text
  return /[1-9]/.test(text) ? `−${text.slice(1)}` : text.slice(1)
}

/** Decimals follow the instrument: salinity has one less from 10 g/L on. */
export function decimalsOf(property: string, decimals: number, x: number): number {
  return property === 'salinity' && Math.abs(x) >= 10 ? Math.max(0, decimals - 1) : decimals
}

/** Value, no-break space, unit. */
export function quantity(x: number, decimals: number, symbol: string, lang: Locale): string {
  return symbol ? `${number(x, decimals, lang)}${nbsp}${symbol}` : number(x, decimals, lang)
}

type Parts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>

/** The parts of an instant on the clock of Việt Nam, two digits each. */
function local(t: number): Parts {
  const format = cached('parts', () =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    }),
  )
  return Object.fromEntries(format.formatToParts(t).map((p) => [p.type, p.value])) as Parts
}

/** 14:05. */
export function clock(t: number): string {
  const p = local(t)
  return `${p.hour}:${p.minute}`
}

/** 14:05:32, only for the clock and logs. */
export function clockSeconds(t: number): string {
  return `${clock(t)}:${local(t).second}`
}

/** Thứ Hai 02/03/2026 · Monday 2 March 2026. */
export function longDate(t: number, lang: Locale): string {
  const p = local(t)
  if (lang === 'en') {
    return cached('longen', () =>
      new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    ).format(t).replace(',', '')
  }
  return `${weekdays[weekday(t)]} ${p.day}/${p.month}/${p.year}`
}

const weekdays = ['Chủ Nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy']
const shortDays = { vi: ['CN', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7'], en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] }

/** Day of the week in Việt Nam, 0 = Sunday. The zone is UTC+7 all year. */
const weekday = (t: number) => new Date(t + 7 * hour).getUTCDay()

/** T2 02/03 · Mon 02/03, for axes. */
export function axisDate(t: number, lang: Locale): string {
  const p = local(t)
  return `${shortDays[lang === 'en' ? 'en' : 'vi'][weekday(t)]} ${p.day}/${p.month}`
}

/** 02/03 within the year, 02/03/2025 outside; 2 Mar, 2 Mar 2025 in English. */
export function date(t: number, now: number, lang: Locale): string {
  const p = local(t)
  const same = p.year === local(now).year
  if (lang !== 'en') return same ? `${p.day}/${p.month}` : `${p.day}/${p.month}/${p.year}`
  const month = new Intl.DateTimeFormat('en-GB', { timeZone: zone, month: 'short' }).format(t)
  return `${Number(p.day)} ${month}${same ? '' : ` ${p.year}`}`
}

/** 14:05 today, "hôm qua 14:05" yesterday, else date and time. */
export function when(t: number, now: number, lang: Locale): string {
  const days = Math.floor((now + 7 * hour) / day) - Math.floor((t + 7 * hour) / day)
  if (days === 0) return clock(t)
  if (days === 1) return `${lang === 'en' ? 'yesterday' : lang === 'km' ? 'ម្សិលមិញ' : 'hôm qua'} ${clock(t)}`
  return `${date(t, now, lang)} ${clock(t)}`
}

const units = {
  vi: { s: 'giây', min: 'phút', h: 'g', hLong: 'giờ', d: 'ngày' },
  en: { s: 's', min: 'min', h: 'h', hLong: 'h', d: 'days' },
  km: { s: 'វិនាទី', min: 'នាទី', h: 'ម៉ោង', hLong: 'ម៉ោង', d: 'ថ្ងៃ' },
}

/**
 * 2 giây · 5 phút · 1 g 43 (list) or 1 giờ 43 (prose) · 2 ngày. Never negative:
 * a device whose clock is ahead is "0 giây" old.
 */
export function duration(ms: number, lang: Locale, style: 'list' | 'prose' = 'list'): string {
  const u = units[lang]
  const t = Math.max(0, ms)
  if (t < minute) return `${Math.floor(t / 1000)}${nbsp}${u.s}`
  if (t < hour) return `${Math.floor(t / minute)}${nbsp}${u.min}`
  if (t < 2 * day) {
    const minutes = Math.floor((t % hour) / minute)
    const hours = `${Math.floor(t / hour)}${nbsp}${style === 'list' ? u.h : u.hLong}`
    if (style === 'prose' && minutes === 0) return hours
    return `${hours}${nbsp}${String(minutes).padStart(2, '0')}`
  }
  return `${Math.floor(t / day)}${nbsp}${u.d}`
}

/** The age of an instant; over seven days its date instead. */
export function age(t: number, now: number, lang: Locale, style: 'list' | 'prose' = 'list'): string {
  return now - t > 7 * day ? date(t, now, lang) : duration(now - t, lang, style)
}

/** 9,7445 B 106,0835 Đ · 9.7445 N 106.0835 E. */
export function coordinates(lon: number, lat: number, lang: Locale): string {
  const [north, south, east, west] = lang === 'en' ? 'NSEW' : 'BNĐT'
  return `${number(Math.abs(lat), 4, lang)}${nbsp}${lat < 0 ? south : north} ${number(Math.abs(lon), 4, lang)}${nbsp}${lon < 0 ? west : east}`
}

/** Kept for callers that need a BCP 47 tag (sorting names). */
export const bcp47 = tag
