// When to try again, and when not to.
import { Problem } from '../../lib/api'

/** How an attempt ended when it did not succeed. */
export type Verdict = 'network' | 'busy' | 'refused'

/**
 * "refused" is final: the server looked at the report and made none. After the
 * others the report may or may not exist, so the same key must be sent again.
 */
export function verdictOn(problem: Problem): Verdict {
  if (problem.status === 0) return 'network'
  if (problem.status >= 500 || [408, 425, 429].includes(problem.status)) return 'busy'
  return 'refused'
}

/** Seconds until attempt n + 1: 3, 6, 12, 24, then 30; longer only if the server says so. */
export function waitS(attempt: number, retryAfterS: number): number {
  return Math.max(retryAfterS, Math.min(30, 3 * 2 ** Math.max(0, attempt - 1)))
}
