// How often a report is asked for again.

/** Seconds until look n + 1 at a report not yet filed: 2, 3, 4, 7, 10, then 20. */
export function pauseS(look: number): number {
  return [2, 3, 4, 7, 10][look - 1] ?? 20
}
