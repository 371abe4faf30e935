import { describe, expect, test } from 'vitest'
import type { Alarm, ServiceRequest, Thing } from '../../lib/types'
import { waitMs } from './backoff'
import { merge, nothing, onlyValues, type Held, type Message, type StateMessage } from './merge'

const thing = (id: string, value: number) => ({ id, streams: [{ value }] }) as unknown as Thing
const alarm = (id: number, state = 'unacked') => ({ id, state }) as Alarm
const request = (code: string) => ({ code }) as ServiceRequest
const hello = (epoch: string, version: number, full: boolean): Message => ({ type: 'hello', epoch, version, serverTime: '', full })
const state = (version: number, rest: Partial<StateMessage>): Message => ({ type: 'state', version, serverTime: '', ...rest })
const ids = (held: Held) => ({ things: [...held.things.keys()], alarms: [...held.alarms.keys()], requests: [...held.requests.keys()] })

describe('merge', () => {
  const full = [hello('a', 3, true), state(3, { things: [thing('t1', 1), thing('t2', 2)], alarms: [alarm(7)], requests: [request('r')] })]

  test('a full state fills an empty room', () => {
    const held = merge(nothing, full)
    expect(ids(held)).toEqual({ things: ['t1', 't2'], alarms: [7], requests: ['r'] })
    expect([held.epoch, held.version]).toEqual(['a', 3])
  })

  test('a change replaces one entity and leaves the others alone', () => {
    const before = merge(nothing, full)
    const after = merge(before, [state(4, { things: [thing('t1', 9)] })])
    expect(after.things.get('t1')!.streams[0]!.value).toBe(9)
    expect(after.things.get('t2')).toBe(before.things.get('t2'))
    expect(after.alarms).toBe(before.alarms) // untouched maps keep their identity
  })

  test('what the page shows is never written to', () => {
    const before = merge(nothing, full)
    merge(before, [state(4, { things: [thing('t3', 1)], removed: [{ kind: 'thing', id: 't1' }] })])
    expect([...before.things.keys()]).toEqual(['t1', 't2'])
    expect(nothing.things.size).toBe(0)
  })

  test('alarms that returned to normal, and removed entities, go', () => {
    const held = merge(merge(nothing, full), [state(5, { alarms: [alarm(7, 'normal')], removed: [{ kind: 'request', id: 'r' }, { kind: 'thing', id: 't2' }] })])
    expect(ids(held)).toEqual({ things: ['t1'], alarms: [], requests: [] })
  })

  test('catching up keeps what is held; a full hello drops it', () => {
    const before = merge(nothing, full)
    const caught = merge(before, [hello('a', 6, false), state(6, { things: [thing('t3', 1)] })])
    expect([...caught.things.keys()]).toEqual(['t1', 't2', 't3'])
    const fresh = merge(before, [hello('b', 1, true), state(1, { things: [thing('t9', 1)] })])
    expect(ids(fresh)).toEqual({ things: ['t9'], alarms: [], requests: [] })
    expect([fresh.epoch, fresh.version]).toEqual(['b', 1])
  })

  test('another epoch is another world, even when the server forgot to say so', () => {
    expect(merge(merge(nothing, full), [hello('b', 2, false)]).things.size).toBe(0)
  })

  test('a beat does not move the version: changes up to it may still be on their way', () => {
    expect(merge(merge(nothing, full), [{ type: 'beat', version: 99, serverTime: '' }]).version).toBe(3)
  })

  test('null lists are empty lists', () => {
    expect(merge(nothing, [state(1, { things: null, alarms: null, requests: null, removed: null })]).things.size).toBe(0)
  })

  test('random cuts and catch-ups end where an uncut line ends', () => {
    let seed = 42
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n
    const world = new Map<string, { version: number; thing: Thing | undefined }>()
    let version = 0
    let cut = merge(nothing, [hello('a', 0, true)])
    for (let round = 0; round < 300; round++) {
      for (let i = random(4); i >= 0; i--) world.set(`t${random(20)}`, { version: ++version, thing: random(5) ? thing('', version) : undefined })
      if (random(3)) continue // cut off: nothing arrives
      const missed = [...world].filter(([, e]) => e.version > cut.version)
      cut = merge(cut, [hello('a', version, false), state(version, {
        things: missed.filter(([, e]) => e.thing).map(([id, e]) => ({ ...e.thing!, id })),
        removed: missed.filter(([, e]) => !e.thing).map(([id]) => ({ kind: 'thing' as const, id })),
      })])
      const want = new Map([...world].filter(([, e]) => e.thing).map(([id, e]) => [id, e.version]))
      expect(new Map([...cut.things].map(([id, t]) => [id, t.streams[0]!.value]))).toEqual(want)
    }
  })
})

test('waits double to a bound and are spread', () => {
  expect([1, 2, 3, 10].map((n) => waitMs(n, () => 1))).toEqual([500, 1000, 2000, 15_000])
  expect(waitMs(3, () => 0)).toBe(1000)
})

test('values may wait a second; alarms, reports, what is gone and a greeting may not', () => {
  const says = (part: Partial<StateMessage>) => onlyValues({ type: 'state', version: 1, serverTime: '', ...part })
  expect(onlyValues({ type: 'beat', version: 1, serverTime: '' })).toBe(true)
  expect(says({ things: [thing('a', 1)], alarms: null, requests: [] })).toBe(true)
  expect(says({ things: [thing('a', 1)], alarms: [alarm(1)] })).toBe(false)
  expect(says({ requests: [request('a')] })).toBe(false)
  expect(says({ removed: [{ kind: 'thing', id: 'a' }] })).toBe(false)
  expect(onlyValues(hello('e', 1, true))).toBe(false)
})
