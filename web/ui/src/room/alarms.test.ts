import { describe, expect, test } from 'vitest'
import type { Alarm, AlarmState } from '../lib/types'
import { countAlarms, groupAlarms, highest, isFlood, sortAlarms } from './alarms'

const base = Date.parse('2026-03-02T07:00:00Z')
const alarm = (id: number, priority: number, state: AlarmState, minutesAgo = 0, sector = 'salinity', cause = 'seasonal/1') =>
  ({ id, priority, state, sector, cause, raisedAt: new Date(base - minutesAgo * 60_000).toISOString() }) as Alarm

describe('order', () => {
  test('untaken first, by priority, then the newest; then taken ones', () => {
    const list = [alarm(1, 4, 'unacked'), alarm(2, 1, 'acked'), alarm(3, 2, 'rtn_unack', 5), alarm(4, 2, 'unacked', 9), alarm(5, 1, 'unacked', 60), alarm(6, 3, 'acked')]
    expect(sortAlarms(list).map((a) => a.id)).toEqual([5, 3, 4, 1, 2, 6])
    expect(highest(list)!.id).toBe(5)
    expect(highest([])).toBeUndefined()
  })

  test('does not change what it is given', () => {
    const list = [alarm(1, 4, 'unacked'), alarm(2, 1, 'unacked')]
    sortAlarms(list)
    expect(list.map((a) => a.id)).toEqual([1, 2])
  })
})

test('counters say untaken and standing per priority', () => {
  const counts = countAlarms([alarm(1, 1, 'unacked'), alarm(2, 2, 'acked'), alarm(3, 2, 'rtn_unack'), alarm(4, 9, 'unacked')])
  expect(counts.map((c) => `${c.untaken}/${c.standing}`)).toEqual(['1/1', '1/2', '0/0', '0/0'])
})

describe('flood', () => {
  const many = (n: number, minutesAgo: number) => Array.from({ length: n }, (_, i) => alarm(i, 3, 'unacked', minutesAgo))
  test('more than ten within ten minutes', () => {
    expect([isFlood(many(10, 1), base), isFlood(many(11, 1), base), isFlood(many(50, 11), base)]).toEqual([false, true, false])
  })

  test('folds by priority, sector and kind of cause, in the order of the list', () => {
    const groups = groupAlarms(sortAlarms([alarm(1, 3, 'unacked', 1), alarm(2, 1, 'unacked', 1, 'air'), alarm(3, 3, 'unacked', 2), alarm(4, 3, 'unacked', 3, 'salinity', 'lost/1')]))
    expect(groups.map((g) => g.alarms.map((a) => a.id))).toEqual([[2], [1, 3], [4]])
  })
})
