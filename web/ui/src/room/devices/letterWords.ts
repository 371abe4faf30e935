// Dead letters in words.
import { m } from '../../paraglide/staff/messages'
import { number } from '../../lib/format'
import type { Locale } from '../../lib/locale.svelte'
import type { DeadLetter, Replayed } from './contract'
import { mendOf } from './letters'

const remedies = { property: m.remedy_property, device: m.remedy_device, clock: m.remedy_clock, sender: m.remedy_sender, again: m.remedy_again }

/** What helps against a reason, in a sentence that says who does what. */
export function remedyText(reason: string): string {
  if (reason === 'expired') return m.remedy_expired()
  return reason === 'rate' ? m.remedy_rate() : remedies[mendOf(reason)]()
}

type Ends = Pick<Replayed, 'stored' | 'duplicate' | 'conflict'>

/** "đã lưu 3, trùng 1": only what there is. */
export function endsText(o: Ends, lang: Locale): string {
  const count = (n: number) => number(n, 0, lang)
  const parts = [[o.stored, m.outcome_stored], [o.duplicate, m.outcome_duplicate], [o.conflict, m.outcome_conflict]] as const
  return parts.filter(([n]) => n > 0).map(([n, say]) => say({ n: count(n) })).join(', ')
}

export const outcomeText = (l: DeadLetter, lang: Locale): string => endsText(l.outcome, lang) || m.outcome_done()
