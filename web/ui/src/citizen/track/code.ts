// Tracking codes as people type and read them: ten characters of Crockford's
// base 32, the last of which checks the others, so a slip of the finger is told
// without asking the server.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Characters in one code. */
export const codeLength = 10

/** What was typed, in capitals, without blanks and dashes, O read as 0, I and L as 1. */
export function normal(typed: string): string {
  return typed.toUpperCase().replace(/[\s\u00a0\p{Pd}]/gu, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}

/** Why a normal code cannot be one: its length, or a wrong character; null when it can. */
export function faultOf(code: string): 'empty' | 'length' | 'mistyped' | null {
  if (code === '') return 'empty'
  if (code.length !== codeLength) return 'length'
  const values = Array.from(code, (c) => alphabet.indexOf(c))
  if (values.includes(-1)) return 'mistyped'
  return checkOf(values.slice(0, -1)) === values.at(-1) ? null : 'mistyped'
}

/** The code in two groups of five, as it is read out on the telephone. */
export const shown = (code: string): string => (code.length === codeLength ? `${code.slice(0, 5)}-${code.slice(5)}` : code)

const checkOf = (values: number[]) => values.reduce((sum, v) => double(sum ^ v), 0)

/** Times x in GF(32) = GF(2)[x]/(x⁵+x²+1). */
const double = (v: number) => (v & 16 ? (v << 1) ^ 0b100101 : v << 1)
