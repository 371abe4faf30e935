import { describe, expect, test } from 'vitest'
import { overwriteGetLocale } from '../../paraglide/staff/runtime'
import { asHex, asText, sizeText, valueNames } from './bytes'
import type { DeadLetter, DeviceAccount, Disk, DiskSample, Reading } from './contract'
import { search, sortDevices, tests } from './deviceRows'
import { deviceState } from './deviceWords'
import { chunks, lettersPath, mendOf, noFilter } from './letters'
import { outcomeText, remedyText } from './letterWords'
import { path, range, timeTicks } from './plot'
import { drawn, flagsOf, marks, matches, replaced, tombstone } from './readings'
import { daysText, diskLines, diskShort, firstDrop, keepText, nextMonth } from './retention'
import { devicePath, routeOf } from './route'
import { parseSince, sinceQuery, sinceTime, sinceWord } from './since'
import { strip } from './strip'

overwriteGetLocale(() => 'vi')
const now = Date.parse('2026-03-02T07:05:32Z') // Monday 14:05:32 in Việt Nam
const ago = (s: number) => new Date(now - s * 1000).toISOString()
const day = 86_400_000

describe('since', () => {
  test('today begins at midnight in Việt Nam', () => expect(new Date(sinceTime('today', now)!).toISOString()).toBe('2026-03-01T17:00:00.000Z'))
  test('the start asks for no instant', () => expect([sinceTime('start', now), sinceQuery('start', now)]).toEqual([undefined, '']))
  test.each(['start', 'today', 'day', 'week', Date.parse('2026-02-28T22:30:00Z')] as const)('the address keeps %s', (s) => expect(parseSince(sinceWord(s))).toBe(s))
  test.each([null, '', 'abc', '2026-13-45T99:99'])('nonsense (%s) is the start', (s) => expect(parseSince(s)).toBe('start'))
})

describe('devices', () => {
  const device = (change: Partial<DeviceAccount>): DeviceAccount => ({ thing: 'a', name: 'A', type: 't', messages: 1, stored: 1, duplicate: 0, conflict: 0, dead: 0,
    lastReceived: ago(10), online: true, refusals: 0, seqLast: null, seqMissing: 0, seqGaps: 0, cutUntil: null, ...change })
  const checks = tests(now, () => 60)

  test('each filter finds its own', () => {
    const rows = { gaps: device({ seqMissing: 3 }), dead: device({ dead: 1 }), conflict: device({ conflict: 1 }), refused: device({ refusals: 2 }), silent: device({ lastReceived: ago(721) }), cut: device({ cutUntil: ago(-60) }) }
    for (const [name, d] of Object.entries(rows)) {
      for (const f of ['gaps', 'dead', 'conflict', 'refused', 'silent', 'cut'] as const) expect([name, f, checks[f](d)]).toEqual([name, f, f === name])
    }
  })
  test('silence: twelve intervals, three when it has signed off; never heard is silent', () => {
    expect(checks.silent(device({ lastReceived: ago(719) }))).toBe(false)
    expect(checks.silent(device({ lastReceived: ago(190), online: false }))).toBe(true)
    expect(checks.silent(device({ lastReceived: null }))).toBe(true)
  })
  test('a cut that is over is none', () => expect(deviceState(device({ cutUntil: ago(1) }), checks)).toBe('đang kết nối'))
  test('being cut weighs more than silence', () => expect(deviceState(device({ cutUntil: ago(-60), lastReceived: null }), checks)).toBe('bị ngắt đến 14:06'))

  const named = ['Trạm 10', 'Trạm 9', 'Đại Ngãi', 'Cái Côn'].map((name, i) => device({ name, thing: `t${i}`, dead: i % 2 }))
  test('names sort as people count, figures by size and then name', () => {
    expect(sortDevices(named, 'name', false).map((d) => d.name)).toEqual(['Cái Côn', 'Đại Ngãi', 'Trạm 9', 'Trạm 10'])
    expect(sortDevices(named, 'dead', true).map((d) => d.name)).toEqual(['Cái Côn', 'Trạm 9', 'Đại Ngãi', 'Trạm 10'])
    expect(named[0]!.name).toBe('Trạm 10') // the list itself is left alone
  })
  test('found without marks, and by code', () => {
    expect(search(named, 'dai ngai').map((d) => d.name)).toEqual(['Đại Ngãi'])
    expect(search(named, 'T1').map((d) => d.thing)).toEqual(['t1'])
    expect(search(named, '  ')).toHaveLength(4)
  })
  test('ten thousand are sorted and filtered in one go', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => device({ thing: `t${i}`, name: `Trạm ${i}`, stored: i }))
    expect(sortDevices(search(many, 'trạm'), 'received', true)[0]!.thing).toBe('t9999')
  })
  test('a device may have any name, even that of a page', () => {
    expect(routeOf(devicePath('luu-giu'))).toEqual({ page: 'device', thing: 'luu-giu' })
    expect(routeOf('/thiet-bi/luu-giu')).toEqual({ page: 'retention' })
    expect(routeOf('/thiet-bi/may/%')).toEqual({ page: 'unknown' })
    expect(routeOf('/thiet-bi/x')).toEqual({ page: 'unknown' })
  })
})

describe('the strip of numbers', () => {
  test('gaps lie where their numbers are, and a single one is seen', () => {
    const s = strip({ last: 1000, missing: 51, resets: 0, gaps: [{ from: 900, to: 900, at: ago(1) }, { from: 101, to: 150, at: ago(9) }] })
    expect(s.first).toBeLessThan(101)
    expect(s.pieces.map((p) => p.gap.from)).toEqual([101, 900])
    expect(s.pieces[1]!.width).toBe(0.4)
    for (const p of s.pieces) expect(p.left + p.width).toBeLessThanOrEqual(100)
  })
  test('no gaps, no pieces', () => expect(strip({ last: 5, missing: 0, resets: 0, gaps: null }).pieces).toEqual([]))
})

describe('readings', () => {
  const reading = (change: Partial<Reading>): Reading => ({ time: ago(60), receivedAt: ago(59), result: 1, flags: [], deleted: false, conflicts: [], ...change })
  const flag = (name: string, reason = '') => ({ flag: name, by: 'an', reason, at: ago(1) })
  const gone = reading({ time: ago(120), deleted: true, flags: [flag('deleted', 'sai đầu đo'), flag('jump')] })
  const doubtful = reading({ result: 9, flags: [flag('suspect')], conflicts: [{ result: 4, receivedAt: ago(3) }] })

  test('a deleted reading leaves the chart and keeps its reason', () => {
    expect(drawn([doubtful, gone])).toEqual([{ t: now - 60_000, v: 9 }])
    expect(marks([gone])).toEqual([])
    expect(tombstone(gone)?.reason).toBe('sai đầu đo')
    expect(flagsOf(gone)).toEqual(['jump'])
  })
  test('a flag is a ring, the value that lost a cross', () => expect(marks([doubtful]).map((k) => [k.shape, k.v])).toEqual([['ring', 9], ['cross', 4]]))
  test('what the server says replaces exactly that reading', () => {
    const next = reading({ time: gone.time, deleted: false })
    expect(replaced([doubtful, gone], next)).toEqual([doubtful, next])
  })
  test('which are wanted', () => expect(['all', 'flagged', 'conflict', 'deleted'].map((w) => [doubtful, gone].filter((r) => matches(r, w as 'all')).length)).toEqual([2, 2, 1, 1]))
})

describe('dead letters', () => {
  const letter = (outcome: DeadLetter['outcome']) => ({ outcome }) as DeadLetter

  test('the request says all that was asked, in Việt Nam\'s time', () => {
    const url = new URL(`http://x${lettersPath({ ...noFilter, reason: 'future', thing: ' a ', text: 'độ mặn', since: '2026-03-02T07:00' }, 50, 9)}`)
    expect(Object.fromEntries(url.searchParams)).toEqual({ limit: '50', state: 'open', reason: 'future', thing: 'a', text: 'độ mặn', since: '2026-03-02T07:00:00+07:00', before: '9' })
  })
  test('every reason has a remedy; an unknown one is the sender\'s', () => {
    expect(mendOf('unknown_property')).toBe('property')
    expect(mendOf('bad_json')).toBe('sender')
    expect(new Set(['unknown_property', 'unknown_thing', 'future', 'bad_json', 'database', 'rate', 'expired'].map(remedyText)).size).toBe(7)
  })
  test('an outcome names what there is', () => {
    expect(outcomeText(letter({ stored: 3, duplicate: 0, conflict: 1 }), 'vi')).toBe('đã lưu 3, mâu thuẫn 1')
    expect(outcomeText(letter({ stored: 0, duplicate: 0, conflict: 0 }), 'vi')).toBe('đã xử lý')
  })
  test('sent in parts, none left out', () => expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]))

  const bytes = new TextEncoder().encode('{"values":{"độ":1}}')
  test('bytes as text and as hex, whatever they are', () => {
    expect(asText(bytes)).toBe('{\n  "values": {\n    "độ": 1\n  }\n}')
    expect(asText(new Uint8Array([0xff, 0x41]))).toBe('\ufffdA')
    expect(asHex(new Uint8Array([0, 0x41, 0xff]))).toMatch(/^000000 {2}00 41 ff {2,}\.A\.$/)
    expect(asHex(new Uint8Array(17)).split('\n')).toHaveLength(2)
  })
  test('names of values, from one reading or many', () => {
    expect(valueNames('[{"values":{"a":1}},{"values":{"b":1,"a":2}},{},null]')).toEqual(['a', 'b'])
    expect(valueNames('no JSON')).toEqual([])
  })
})

describe('retention and disk', () => {
  const sample = (daysAgo: number, free: number): DiskSample => ({ at: new Date(now - daysAgo * day).toISOString(), database: 1e9, broker: 1e6, total: 100e9, free, reserve: 2e9, databaseFree: null })
  const disk = (change: Partial<Disk>): Disk => ({ ...sample(0, 42e9), state: 'filling', perDay: 1e9, daysLeft: 40, samples: [sample(2, 44e9), sample(1, 43e9)], ...change })

  test('terms in words', () => expect([0, 12, 18, 60].map(keepText)).toEqual(['giữ mãi', '1 năm', '18 tháng', '5 năm']))
  test('a policy begins next month; its first month goes when the term is over', () => {
    expect(nextMonth(Date.parse('2026-12-31T23:00:00Z')).toISOString()).toBe('2027-01-01T00:00:00.000Z')
    expect(firstDrop(Date.parse('2026-12-01T00:00:00Z'), 12).toISOString()).toBe('2028-01-01T00:00:00.000Z')
  })
  test.each([
    [{}, 'Đĩa còn đủ khoảng 40 ngày'], [{ state: 'learning', perDay: null, daysLeft: null }, 'Chưa đủ số liệu để dự báo'], [{ state: 'steady', daysLeft: null }, 'Đĩa không vơi đi'],
    [{ state: 'reserve', daysLeft: null }, 'Đĩa đã chạm phần dự trữ'], [{ daysLeft: 9000 }, 'Đĩa còn đủ hơn 10 năm'], [{ free: null }, 'Không biết đĩa còn bao nhiêu'],
  ] as const)('%o: %s', (change, text) => expect(daysText(disk(change as Partial<Disk>), 'vi')).toBe(text))
  test('the forecast starts where we are and meets the reserve when it says', () => {
    const { free, forecast, to } = diskLines(disk({}))
    expect(free).toHaveLength(3)
    expect(forecast[0]).toEqual(free.at(-1))
    expect(forecast[1]).toEqual({ t: now + 40 * day, v: 2e9 })
    expect(to).toBeGreaterThan(now + 40 * day)
  })
  test('a month left, or the reserve, calls for hands', () => expect([disk({}), disk({ daysLeft: 29 }), disk({ daysLeft: null, free: 2e9 })].map(diskShort)).toEqual([false, true, true]))
  test('sizes', () => expect([0, 999, 1000, 1_250_000, 41e9, -3e6].map((n) => sizeText(n, 'vi'))).toEqual(['0\u00a0B', '999\u00a0B', '1,0\u00a0kB', '1,3\u00a0MB', '41\u00a0GB', '−3,0\u00a0MB']))
})

describe('charts', () => {
  test('a gap is not bridged', () => expect(path([{ t: 0, v: 0 }, { t: 1, v: 1 }, { t: 9, v: 2 }], (t) => t, (v) => v, 5)).toBe('M0.0 0.0L1.0 1.0M9.0 2.0'))
  test('ticks are round in Việt Nam and midnight names the day', () => {
    expect(timeTicks(now - 10 * 60_000, now, 6, 'vi').map((t) => t.label)).toEqual(['13:56', '13:58', '14:00', '14:02', '14:04'])
    expect(timeTicks(now - day, now, 5, 'vi').map((t) => t.label)).toEqual(['18:00', 'T2 02/03', '06:00', '12:00'])
  })
  test('bars stand on zero, lines need not', () => {
    expect(range([5, 7], true)[0]).toBe(0)
    expect(range([5, 7], false)[0]).toBeGreaterThan(4)
    expect(range([], true)).toEqual([0, 1])
  })
})
