import { expect, it } from 'vitest'
import type { Act, State } from './contract'
import { waitsForMe } from './waiting.svelte'

const may = (...acts: Act[]) => Object.fromEntries((['edit', 'submit', 'approve', 'reject', 'apply', 'revert', 'reopen', 'drop', 'comment'] as Act[]).map((a) => [a, acts.includes(a)])) as Record<Act, boolean>
const waits = (state: State, ...acts: Act[]) => waitsForMe({ state, may: may(...acts) })

it('what I may decide and what was given back to me waits for me, and nothing else', () => {
  expect(waits('submitted', 'approve', 'reject')).toBe(true)
  expect(waits('approved', 'apply')).toBe(true)
  expect(waits('rejected', 'reopen', 'drop')).toBe(true)
  expect(waits('submitted', 'reject', 'reopen')).toBe(false) // my own, which another decides
  expect(waits('rejected', 'comment')).toBe(false) // somebody else's
  expect(waits('dropped', 'reopen')).toBe(false)
})
