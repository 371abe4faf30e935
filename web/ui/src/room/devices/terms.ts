// The four ends of a reading as terms of an equation.
import { m } from '../../paraglide/staff/messages'
import type { Ingest, Totals } from './contract'
import { identity } from './account'
import type { SumTerm } from './Sum.svelte'

export const readingTerms = (t: Totals): SumTerm[] => [
  { name: m.ledger_stored(), n: t.stored, look: 'grey' },
  { name: m.ledger_duplicate(), n: t.duplicate, look: 'blue' },
  { name: m.ledger_conflict(), n: t.conflict, look: 'half' },
  { name: m.ledger_dead(), n: t.dead, look: 'ink' },
]

const words = { accounted: m.sum_accounted, waiting: m.sum_waiting, before: m.sum_before, unaccounted: m.sum_unaccounted }
const looks = { accounted: 'grey', waiting: 'hollow', before: 'hollow', unaccounted: 'alarm' } as const

/** received = accounted + waiting, and what is missing. */
export const messageTerms = (i: Ingest): SumTerm[] => identity(i).map((t) => ({ name: words[t.key](), n: t.n, look: looks[t.key] }))
