// Small words and formats in the reader's language. Everything here reads the
// language rune, so it is reactive in markup.
import { m } from '../paraglide/staff/messages'
import { age, decimalsOf, number, quantity } from '../lib/format'
import { locale } from '../lib/locale.svelte'
import { textIn, type Alarm, type Quality, type Stream, type Text } from '../lib/types'
import { property } from './catalogue.svelte'
import { flagWord } from './reasons'

export const text = (t: Text | string | undefined): string => textIn(t, locale())

export function priorityWord(priority: number): string {
  return [m.priority_1(), m.priority_2(), m.priority_3(), m.priority_4()][priority - 1] ?? String(priority)
}

/** The number alone, with the decimals of its instrument; "–" when there is none. */
export function valueText(stream: Pick<Stream, 'property' | 'value'> | undefined): string {
  if (!stream || stream.value === null) return '–'
  if (stream.property === 'pump_running') return stream.value ? m.pump_on() : m.pump_off()
  return number(stream.value, decimalsOf(stream.property, property(stream.property).decimals, stream.value), locale())
}

/** The unit beside the number; none for on and off. */
export function symbolOf(code: string): string {
  if (code === 'pump_running') return ''
  return property(code).symbol
}

/** Number and unit as one. */
export function valueWithUnit(stream: Pick<Stream, 'property' | 'value'>): string {
  const { property: code, value } = stream
  if (value === null || code === 'pump_running') return valueText(stream)
  return quantity(value, decimalsOf(code, property(code).decimals, value), symbolOf(code), locale())
}

export const ageText = (t: number, now: number, style: 'list' | 'prose' = 'list'): string => age(t, now, locale(), style)

export const qualityWord = (q: Quality): string => flagWord(q)

/** The title of an alarm, without the unit of its place. */
export const alarmTitle = (alarm: Alarm): string => text(alarm.title)
