// The nouns of the telemetry account, as the API spells them. A message (tin) is
// what the broker took; a reading (số đo) is one value in it.

export interface Totals {
  messages: number
  stored: number
  duplicate: number
  conflict: number
  dead: number
}

export interface Queue {
  pending: number // messages taken and not yet in the account
  oldestAgeS: number
  unacked: number // handed to a lane, not yet committed
  oldestUnackedS: number
  ratePerS: number
  drainS: number | null // null: it does not drain
}

export interface Lane {
  partition: number
  owner: string // the process that carries it; empty: nobody
  held: boolean // by the process that answers
  waiting: number
  unacked: number
  oldestUnackedS: number
  trouble: string
}

export interface Broker {
  open: boolean
  why: { vi: string; en: string } | null
  storeBytes: number
  storeLimit: number
  diskFree: number
  diskReserve: number
  connections: number
}

export interface Ingest {
  since: string | null // the instant it counts from; null: since counting began
  now: string
  earliest: string | null // when the account begins
  embedded: boolean
  received: number | null // by the broker's own sequence; null: the broker is not ours and does not say
  accounted: number
  redelivered: number
  qos0: number
  waiting: number
  waitingBefore: number // of those accounted or waiting, how many waited at `since` already
  unaccounted: number | null // above 0: lost, below: counted twice
  totals: Totals & { refusals: number }
  queue: Queue
  lanes: Lane[] | null
  broker: Broker | null
}

export interface DeviceAccount extends Totals {
  thing: string
  name: string
  type: string
  lastReceived: string | null
  online: boolean | null
  refusals: number
  seqLast: number | null // null: it does not number its messages
  seqMissing: number
  seqGaps: number
  cutUntil: string | null
}

export interface Gap {
  from: number // first missing number
  to: number // last missing number
  at: string
}

export interface Sequence {
  last: number
  missing: number
  resets: number
  gaps: Gap[] | null
}

export interface DeviceStream {
  id: number
  property: string
  value: number | null
  time: string | null
  quality: string
}

export interface Attribute {
  name: string
  value: unknown
  updatedAt: string
}

export interface Refusal {
  thing: string // empty when nobody knows that name
  kind: string // code
  topic: string
  attempts: number
  firstAt: string
  lastAt: string
}

export interface DeviceAnswer {
  device: DeviceAccount
  sequence: Sequence | null
  streams: DeviceStream[] | null
  attributes: Attribute[] | null
  refusals: Refusal[] | null
}

export interface ReadingFlag {
  flag: string
  by: string
  reason: string
  at: string
}

export interface Reading {
  time: string
  receivedAt: string
  result: number
  flags: ReadingFlag[] | null
  deleted: boolean
  conflicts: { result: number; receivedAt: string }[] | null
}

export type LetterState = 'open' | 'resolved' | 'all'

export interface DeadLetter {
  id: number
  receivedAt: string
  topic: string
  thing: string
  reason: string // code
  detail: string
  decoder: string
  payload: string // base64, of a long one the beginning only
  size: number // of the whole payload, bytes
  readings: number
  resolvedAt: string | null
  resolvedBy: string
  outcome: { stored: number; duplicate: number; conflict: number }
}

export interface LettersAnswer {
  deadLetters: DeadLetter[] | null
  reasons: { reason: string; count: number }[] | null
}

export interface Replayed {
  replayed: number
  stored: number
  duplicate: number
  conflict: number
  dead: number
}

export interface Retained {
  code: string
  name: { vi: string; en: string }
  keepMonths: number // 0: for ever
  next: { keepMonths: number; from: string } | null
  bytes: number
}

/** What is stored at a moment and what is left, bytes. null: cannot be known from here. */
export interface DiskSample {
  at: string
  database: number
  broker: number | null
  total: number | null
  free: number | null
  reserve: number
  databaseFree: number | null
}

export interface Disk extends DiskSample {
  state: 'learning' | 'steady' | 'filling' | 'reserve'
  perDay: number | null // bytes by which free space shrinks a day
  daysLeft: number | null // null unless it is filling
  samples: DiskSample[] | null
}

/** A partition or a table that retention has let go of. */
export interface LetGo {
  at: string
  what: string
  rows: number
  reason: string
}

export interface Retention {
  properties: Retained[] | null
  disk: Disk
  gone: LetGo[] | null
}

/** Readings received: every one of them is in exactly one of the four. */
export const received = (t: Totals): number => t.stored + t.duplicate + t.conflict + t.dead
