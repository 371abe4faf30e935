// What became of what was received. Messages are counted as messages; the other
// four count readings, of which one message may hold several:
// received = stored + duplicate + conflict + dead.
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
  topic: string
  thing: string
  reason: string // code
  detail: string
  decoder: string
  payload: string // base64
}

export interface Refusal {
  thing: string // empty when nobody knows that name
  kind: string // code
  topic: string
  attempts: number
  firstAt: string
  lastAt: string
}

/** The bytes of a dead letter as text, as far as they are text. */
export function payloadText(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  return new TextDecoder('utf-8').decode(bytes)
}

/** Readings received: every one of them is in exactly one of the four. */
export const received = (t: Totals): number => t.stored + t.duplicate + t.conflict + t.dead
