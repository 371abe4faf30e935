import { expect, test } from 'vitest'
import { pauseS } from './poll'
import { timeline, type Tracked } from './tracked'

const report: Tracked = {
  code: 'XW36WPFNHR', number: 'PA-00031', category: 'road', status: 'in_progress', description: '', unitName: '', submittedAt: '2026-03-02T07:00:00Z',
  hasPhoto: false, pending: false,
  events: [
    { at: '2026-03-02T09:20:00Z', status: 'in_progress', note: 'Đã xuống xem.' },
    { at: '2026-03-02T07:05:00Z', status: 'received', note: '' },
  ],
}

test('what happened comes oldest first, then what is waited for', () => {
  expect(timeline(report).map((s) => s.status)).toEqual(['received', 'in_progress', 'wait_done'])
})

test('a closed report waits for nothing', () => {
  expect(timeline({ ...report, status: 'closed' }).at(-1)!.at).not.toBe('')
})

test('a report without events was still received', () => {
  expect(timeline({ ...report, status: 'received', events: [] })).toEqual([
    { at: report.submittedAt, status: 'received', note: '' },
    { at: '', status: 'wait_seen', note: '' },
  ])
})

test('looking again slows down and never stops', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(pauseS)).toEqual([2, 3, 4, 7, 10, 20, 20])
})
