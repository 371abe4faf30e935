// Where a refusal belongs. Pure.
import type { Problem } from '../../lib/api'

/** Whether a refusal is of that field or of a part of it. */
export const isAt = (p: Problem | undefined, field: string): boolean => p !== undefined && (p.field === field || p.field.startsWith(`${field}.`))

/** Whether none of the form's fields shows it, so that its foot has to. */
export const isLoose = (p: Problem | undefined, fields: readonly string[]): boolean => p !== undefined && !fields.some((f) => isAt(p, f))
