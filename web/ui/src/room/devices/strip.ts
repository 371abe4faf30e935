// A device's own numbering as a strip: where numbers are missing. Pure.
import type { Gap, Sequence } from './contract'

export interface Piece {
  left: number // percent
  width: number // percent
  gap: Gap
}

export interface Strip {
  first: number
  last: number
  pieces: Piece[]
}

const least = 0.4 // percent: a single missing number is still seen

/** From a little before the first gap to the newest number. */
export function strip(s: Sequence): Strip {
  const gaps = [...(s.gaps ?? [])].sort((a, b) => a.from - b.from)
  const lowest = gaps[0]?.from ?? s.last
  const last = gaps.reduce((n, g) => Math.max(n, g.to), s.last)
  const first = Math.max(0, lowest - Math.max(10, Math.ceil((last - lowest) * 0.05)))
  const length = Math.max(last - first + 1, 1)
  const pieces = gaps.map((gap) => ({
    gap,
    left: Math.min(((gap.from - first) / length) * 100, 100 - least),
    width: Math.max(((gap.to - gap.from + 1) / length) * 100, least),
  }))
  return { first, last, pieces }
}

export const missingOf = (g: Gap): number => g.to - g.from + 1
