// What the account says in one sentence, and whether somebody must act. Pure.
import { m } from '../../paraglide/staff/messages'
import { duration, number, when } from '../../lib/format'
import type { Locale } from '../../lib/locale.svelte'
import type { Ingest, Queue } from './contract'

export interface Verdict {
  text: string
  alarm: boolean // a message was taken and is neither in the account nor waiting
}

/** The truth of the account, with figures: complete, still being written, missing, or not known. */
export function verdict(i: Ingest, lang: Locale): Verdict {
  const count = (n: number) => number(n, 0, lang)
  const from = i.since ? when(Date.parse(i.since), Date.parse(i.now), lang) : m.truth_from_start()
  if (i.received === null) return { text: m.truth_external({ n: count(i.accounted), from }), alarm: false }
  if (i.unaccounted === null) return { text: m.truth_unknown({ n: count(i.received), from, accounted: count(i.accounted) }), alarm: false }
  if (i.unaccounted > 0) return { text: m.truth_missing({ n: count(i.received), from, missing: count(i.unaccounted) }), alarm: true }
  if (i.unaccounted < 0) return { text: m.truth_surplus({ n: count(i.received), from, more: count(-i.unaccounted) }), alarm: true }
  if (i.received === 0) return { text: m.truth_nothing({ from }), alarm: false }
  if (i.waiting > 0) return { text: m.truth_waiting({ n: count(i.received), from, waiting: count(i.waiting) }), alarm: false }
  return { text: m.truth_complete({ n: count(i.received), from }), alarm: false }
}

export interface Term {
  key: 'accounted' | 'waiting' | 'before' | 'unaccounted'
  n: number
}

/**
 * received = accounted + waiting − what waited before, and what is missing. The
 * last two only when there are any.
 */
export function identity(i: Ingest): Term[] {
  const terms: Term[] = [{ key: 'accounted', n: i.accounted }, { key: 'waiting', n: i.waiting }]
  if (i.waitingBefore) terms.push({ key: 'before', n: -i.waitingBefore })
  if (i.unaccounted) terms.push({ key: 'unaccounted', n: i.unaccounted })
  return terms
}

/** How long until nothing waits, in words. */
export function drainText(q: Queue, lang: Locale): string {
  if (q.pending === 0) return m.drain_empty()
  if (q.drainS === null) return m.drain_never()
  return m.drain_in({ age: duration(Math.max(q.drainS, 1) * 1000, lang, 'prose') })
}

/** 48 tin/giây; one decimal while slow. */
export const rateText = (perS: number, lang: Locale): string => m.per_second({ n: number(perS, perS < 10 ? 1 : 0, lang) })
