// What went wrong in words a person can act on. The server's own sentence comes
// first; only failures to reach it are worded here.
import { m } from '../paraglide/staff/messages'
import type { Problem } from '../lib/api'

export function problemText(problem: Problem): string {
  if (problem.message) return problem.message
  if (problem.code === 'timeout') return m.problem_timeout()
  if (problem.status === 0) return m.problem_unreachable()
  return m.problem_other({ status: problem.status })
}
