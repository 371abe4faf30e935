// A report as the holder of its code sees it, and the steps drawn from it.
import type { RequestStatus } from '../../lib/types'

export interface Tracked {
  code: string
  number: string
  category: string
  status: RequestStatus
  description: string
  unitName: string
  submittedAt: string
  hasPhoto: boolean
  events: { at: string; status: RequestStatus; note: string }[]
  pending: boolean // safe in the broker, not yet filed: only code and time are known
}

export interface TimeStep {
  at: string // empty for what has not happened
  status: RequestStatus | 'wait_seen' | 'wait_done'
  note: string
}

/** What happened, oldest first, and what is waited for. */
export function timeline(t: Tracked): TimeStep[] {
  const past: TimeStep[] = [...t.events].sort((a, b) => a.at.localeCompare(b.at))
  if (past.length === 0) past.push({ at: t.submittedAt, status: 'received', note: '' })
  if (t.status === 'closed') return past
  return [...past, { at: '', status: t.status === 'received' ? 'wait_seen' : 'wait_done', note: '' }]
}
