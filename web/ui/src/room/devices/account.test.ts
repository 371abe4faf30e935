import { describe, expect, test } from 'vitest'
import { overwriteGetLocale } from '../../paraglide/staff/runtime'
import { drainText, identity, rateText, verdict } from './account'
import type { Ingest } from './contract'
import { messageTerms, readingTerms } from './terms'

let lang: 'vi' | 'en' = 'vi'
overwriteGetLocale(() => lang)

const base: Ingest = {
  since: '2026-03-01T00:00:00Z', now: '2026-03-02T07:00:00Z', earliest: '2026-03-01T00:00:00Z', embedded: true,
  received: 1204331, accounted: 1204331, redelivered: 7, qos0: 3, waiting: 0, waitingBefore: 0, unaccounted: 0,
  totals: { messages: 1204334, stored: 90, duplicate: 5, conflict: 3, dead: 2, refusals: 0 },
  queue: { pending: 0, oldestAgeS: 0, unacked: 0, oldestUnackedS: 0, ratePerS: 4.25, drainS: null }, lanes: [], broker: null,
}
const say = (change: Partial<Ingest>, in_: 'vi' | 'en' = 'vi') => verdict({ ...base, ...change }, (lang = in_))

describe('the sentence on top', () => {
  test('all is accounted for', () => {
    expect(say({})).toEqual({ text: 'Nhận 1.204.331 tin từ hôm qua 07:00; đã ghi sổ đủ, 0 thiếu.', alarm: false })
    expect(say({}, 'en').text).toBe('1,204,331 messages received since yesterday 07:00; all are in the account, 0 missing.')
  })
  test('what waits is said, and is no alarm', () =>
    expect(say({ accounted: 1204319, waiting: 12 })).toEqual({ text: 'Nhận 1.204.331 tin từ hôm qua 07:00; 12 đang chờ ghi, 0 thiếu.', alarm: false }))
  test('what is missing is an alarm with its number, even while others wait', () => {
    const said = say({ accounted: 1204000, waiting: 12, unaccounted: 319 })
    expect(said.alarm).toBe(true)
    expect(said.text).toContain('thiếu 319')
  })
  test('more in the account than was received is an alarm too', () => expect(say({ unaccounted: -2 })).toMatchObject({ alarm: true, text: expect.stringContaining('nhiều hơn 2') }))
  test('an external broker: what is not known is not claimed', () => {
    const said = say({ received: null, unaccounted: null, embedded: false })
    expect(said).toMatchObject({ alarm: false, text: expect.stringContaining('không kiểm được') })
    expect(said.text).not.toContain('0 thiếu')
  })
  test('cannot be compared just now', () => expect(say({ unaccounted: null }).text).toContain('chưa đối chiếu được'))
  test('nothing received, and no instant to count from', () => expect(say({ received: 0, accounted: 0, since: null }).text).toBe('Chưa nhận tin nào từ khi bắt đầu đếm.'))
})

describe('the identity', () => {
  test.each<Partial<Ingest>>([
    {}, { accounted: 1204319, waiting: 12 }, { accounted: 1204323, waiting: 12, waitingBefore: 5, unaccounted: 1 }, { accounted: 1204333, unaccounted: -2 },
  ])('its terms add up to what was received: %o', (change) => {
    const i = { ...base, ...change }
    expect(identity(i).reduce((sum, t) => sum + t.n, 0)).toBe(i.received)
  })
  test('what is not there is not a term', () => expect(identity(base).map((t) => t.key)).toEqual(['accounted', 'waiting']))
  test('only what is missing has the look of an alarm', () => {
    expect(messageTerms({ ...base, accounted: 1204330, unaccounted: 1 }).filter((t) => t.look === 'alarm').map((t) => t.n)).toEqual([1])
    expect(readingTerms(base.totals).some((t) => t.look === 'alarm')).toBe(false)
  })
})

test('time to drain and rate', () => {
  lang = 'vi'
  expect(drainText(base.queue, 'vi')).toBe('đã hết')
  expect(drainText({ ...base.queue, pending: 9, drainS: null }, 'vi')).toBe('chưa vơi')
  expect(drainText({ ...base.queue, pending: 9, drainS: 0.2 }, 'vi')).toBe('1\u00a0giây')
  expect(drainText({ ...base.queue, pending: 9, drainS: 125 }, 'vi')).toBe('2\u00a0phút')
  expect(rateText(4.25, 'vi')).toBe('4,3 tin/giây')
  expect(rateText(1840.4, 'vi')).toBe('1.840 tin/giây')
})
