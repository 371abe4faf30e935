// What the tiles in view say is not shown as itself, in words for the reader: rows
// merged into shapes, rows too small or too many to draw.
import { number } from '../lib/format'
import { locale } from '../lib/locale.svelte'
import { m } from '../paraglide/staff/messages'

/** One remark of one tile, as it stands there. */
export interface Remark {
  reason?: string
  count?: number
  shown?: number
  percent_built?: number
}

class LeftOut {
  /** The sentences of each layer that is not shown whole, as of the last rest of the map. */
  words = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map())

  read(slugs: readonly string[], remarks: (slug: string) => readonly Remark[]): void {
    this.words = new Map(slugs.map((slug) => [slug, sentences(remarks(slug))] as const).filter(([, words]) => words.length > 0))
  }
}

export const leftOut = new LeftOut()

/** Says what the remarks of several tiles come to. */
export function sentences(remarks: readonly Remark[]): string[] {
  const of = (reason: string): Remark[] => remarks.filter((r) => r.reason === reason)
  const told = ['too small', 'too many', 'overviews are being built']
  const merged = remarks.filter((r) => r.reason && !told.includes(r.reason))
  const sum = (list: Remark[], what: 'count' | 'shown'): number => list.reduce((n, r) => n + (r[what] ?? 0), 0)
  const write = (n: number): string => number(n, 0, locale())
  const [small, many, built] = told.map(of) as [Remark[], Remark[], Remark[]]
  return [
    ...(built[0] ? [m.map_left_building({ percent: built[0].percent_built ?? 0 })] : []),
    ...(sum(merged, 'count') > sum(merged, 'shown') ? [m.map_left_merged({ count: write(sum(merged, 'count')), shown: write(sum(merged, 'shown')) })] : []),
    ...(many.length ? [m.map_left_many()] : []),
    ...(small.length ? [m.map_left_small({ count: write(sum(small, 'count')) })] : []),
  ]
}
