// Waiting between attempts to reach the server again.

const firstMs = 500
const mostMs = 15_000

/**
 * How long to wait before attempt n (1, 2, …): doubling up to 15 s, of which a
 * random half, so that a hundred posts do not come back in the same instant.
 */
export function waitMs(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(mostMs, firstMs * 2 ** (attempt - 1))
  return most / 2 + (most / 2) * random()
}
