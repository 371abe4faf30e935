// The roles of the policy, in the words of the office.
import { m } from '../paraglide/staff/messages'

export const roles = ['viewer', 'operator', 'editor', 'reviewer', 'leader', 'admin'] as const

export function roleWord(role: string): string {
  const words: Record<string, () => string> = {
    viewer: m.role_viewer, operator: m.role_operator, editor: m.role_editor, reviewer: m.role_reviewer, leader: m.role_leader, admin: m.role_admin,
  }
  return words[role]?.() ?? role
}
