// Pure merging of what the live socket says into what the page holds. Each
// message carries only what changed; entities are replaced whole, by id.
import type { Alarm, ServiceRequest, Thing } from '../../lib/types'

export interface Held {
  epoch: string
  version: number
  things: ReadonlyMap<string, Thing>
  alarms: ReadonlyMap<number, Alarm>
  requests: ReadonlyMap<string, ServiceRequest>
}

export interface Hello {
  type: 'hello'
  epoch: string
  version: number
  serverTime: string
  full: boolean
}

export interface Removed {
  kind: 'thing' | 'alarm' | 'request'
  id: string
}

export interface StateMessage {
  type: 'state'
  version: number
  serverTime: string
  things?: Thing[] | null
  alarms?: Alarm[] | null
  requests?: ServiceRequest[] | null
  removed?: Removed[] | null
}

export interface Beat {
  type: 'beat'
  version: number
  serverTime: string
}

export type Message = Hello | StateMessage | Beat

/** True when a message changes nothing that people must act on. */
export const onlyValues = (m: Message): boolean =>
  m.type === 'beat' || (m.type === 'state' && !m.alarms?.length && !m.requests?.length && !m.removed?.length)

/** Nothing held, nothing known. */
export const nothing: Held = { epoch: '', version: 0, things: new Map(), alarms: new Map(), requests: new Map() }

/** Applies messages in order and returns the new state; maps that did not change keep their identity. */
export function merge(held: Held, messages: readonly Message[]): Held {
  let draft: Draft = { ...held }
  for (const message of messages) {
    if (message.type === 'hello') draft = welcome(draft, message)
    else if (message.type === 'state') absorb(draft, message, held)
    // A beat proves the line, not that every change up to its version was sent.
  }
  return draft
}

type Draft = { -readonly [K in keyof Held]: Held[K] }

/** A full hello means the server cannot tell what we missed: start from nothing. */
function welcome(draft: Draft, hello: Hello): Draft {
  if (!hello.full && hello.epoch === draft.epoch) return draft
  return { ...nothing, epoch: hello.epoch, version: 0 }
}

function absorb(draft: Draft, message: StateMessage, before: Held): void {
  draft.things = put(draft.things, before.things, message.things, (t) => t.id)
  draft.alarms = put(draft.alarms, before.alarms, message.alarms, (a) => a.id, (a) => a.state === 'normal')
  draft.requests = put(draft.requests, before.requests, message.requests, (r) => r.code)
  for (const { kind, id } of message.removed ?? []) remove(draft, before, kind, id)
  draft.version = Math.max(draft.version, message.version)
}

/** Writes entities into a copy of the map, made once per merge. */
function put<K, V>(
  now: ReadonlyMap<K, V>,
  before: ReadonlyMap<K, V>,
  entities: readonly V[] | null | undefined,
  key: (v: V) => K,
  gone: (v: V) => boolean = () => false,
): ReadonlyMap<K, V> {
  if (!entities?.length) return now
  const copy = own(now, before)
  for (const entity of entities) {
    if (gone(entity)) copy.delete(key(entity))
    else copy.set(key(entity), entity)
  }
  return copy
}

function remove(draft: Draft, before: Held, kind: Removed['kind'], id: string): void {
  if (kind === 'thing') draft.things = without(draft.things, before.things, id)
  if (kind === 'alarm') draft.alarms = without(draft.alarms, before.alarms, Number(id))
  if (kind === 'request') draft.requests = without(draft.requests, before.requests, id)
}

function without<K, V>(now: ReadonlyMap<K, V>, before: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!now.has(key)) return now
  const copy = own(now, before)
  copy.delete(key)
  return copy
}

/** The page still shows `before`, so it is never written to; `nothing` is shared. */
function own<K, V>(now: ReadonlyMap<K, V>, before: ReadonlyMap<K, V>): Map<K, V> {
  const shared = now === before || now.size === 0
  return shared ? new Map(now) : (now as Map<K, V>)
}
