// The account of messages: received = stored + duplicate + conflict + dead.
export interface Totals {
  messages: number
  stored: number
  duplicate: number
  conflict: number
  dead: number
}

export interface DeviceAccount extends Totals {
  thing: string
  name: string
  type: string
  lastReceived: string | null
  online: boolean | null
  refusals: number
}

export interface Ingest {
  totals: Totals
  queue: { pending: number; oldestAgeS: number }
  refusals: number
}

export interface DeadLetter {
  id: number
  receivedAt: string
  thing?: string
  client?: string
  topic?: string
  reason?: string | { vi: string; en: string }
  payload?: string
}

export interface Refusal {
  id?: number
  at: string
  client?: string
  thing?: string
  action?: string
  topic?: string
  reason?: string
  address?: string
  count?: number
}

/** What the equation leaves unexplained: 0 when every message is accounted for. */
export const unexplained = (t: Totals): number => t.messages - t.stored - t.duplicate - t.conflict - t.dead
