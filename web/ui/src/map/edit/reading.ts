// What somebody types into a form's field, as the column takes it. Pure.
import type { Column } from '../types'
import { readNumber } from './typed'

export type Wrong = 'required' | 'integer' | 'number' | 'date'

export type Read = { value: unknown } | { wrong: Wrong }

/** Reads one field; an empty one is no value. */
export function readValue(column: Pick<Column, 'type' | 'required'>, typed: string, lang: string): Read {
  const text = typed.trim()
  if (text === '') return column.required ? { wrong: 'required' } : { value: null }
  switch (column.type) {
    case 'integer': return number(readNumber(text, lang), 'integer', Number.isSafeInteger)
    case 'number': return number(readNumber(text, lang), 'number', Number.isFinite)
    case 'boolean': return { value: text === 'true' }
    case 'date': return day(text)
    case 'datetime': return instant(text)
    default: return { value: typed }
  }
}

function number(value: number, wrong: Wrong, is: (n: number) => boolean): Read {
  return is(value) ? { value } : { wrong }
}

/** 2026-03-02, or as it is written here: 02/03/2026. */
function day(text: string): Read {
  const [, d, m, y] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text) ?? []
  const value = y ? `${y}-${m!.padStart(2, '0')}-${d!.padStart(2, '0')}` : text
  const t = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined
  return t && !Number.isNaN(t.getTime()) && t.toISOString().startsWith(value) ? { value } : { wrong: 'date' }
}

/** A clock of Việt Nam, whatever the browser's own zone. */
function instant(text: string): Read {
  const t = Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text}+07:00`)
  return Number.isNaN(t) ? { wrong: 'date' } : { value: new Date(t).toISOString() }
}

/** A value as its field shows it, numbers without marks for thousands. */
export function typedValue(column: Pick<Column, 'type'>, value: unknown, lang: string): string {
  if (value === null || value === undefined) return ''
  if (column.type === 'number') return lang === 'en' ? String(value) : String(value).replace('.', ',')
  if (column.type === 'date') return String(value).slice(0, 10).split('-').reverse().join('/')
  if (column.type !== 'datetime') return String(value)
  const t = Date.parse(String(value))
  return Number.isNaN(t) ? String(value) : new Date(t + 7 * 3600_000).toISOString().slice(0, 19)
}
