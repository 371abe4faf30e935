import { m } from '../paraglide/staff/messages'
import type { RequestStatus } from '../lib/types'

/** Where a citizen's report stands, in one or two words. */
export function statusWord(status: RequestStatus): string {
  if (status === 'closed') return m.status_closed()
  return status === 'in_progress' ? m.status_in_progress() : m.status_received()
}
