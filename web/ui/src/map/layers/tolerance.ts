// What somebody types as a tolerance: 0,05 or 0,05 m². Pure.
import { readNumber } from '../edit/typed'

/** The number, undefined where nothing was typed, NaN where it is none above nothing. */
export function readTolerance(typed: string, lang: string): number | undefined {
  const text = typed.trim().replace(/\s*(m²|m2|m|%)$/i, '')
  if (typed.trim() === '') return undefined
  // A tolerance of thousands is never meant: 0.05 is 0,05 in any language.
  const n = /^\d+\.\d+$/.test(text) ? Number(text) : readNumber(text, lang)
  return n > 0 ? n : NaN
}
