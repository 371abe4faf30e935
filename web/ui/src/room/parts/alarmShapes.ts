// The four alarm shapes on a 20 grid (design language, section 3). The only
// place that knows them; the page and the map both draw from here.
import type { AlarmState } from '../../lib/types'

export interface Shape {
  path: string
  digitY: number // baseline of the digit
}

export const shapes: Record<number, Shape> = {
  1: { path: 'M10 .9 19.1 10 10 19.1 .9 10Z', digitY: 13.7 },
  2: { path: 'M10 1.4 19.3 18.2H.7Z', digitY: 15.7 },
  3: { path: 'M2.4 2.4h15.2v15.2H2.4z', digitY: 13.7 },
  4: { path: 'M.7 1.8h18.6L10 18.6z', digitY: 11.2 },
}

export type Look = 'unacked' | 'acked' | 'returned' | 'none'

/** How an alarm's state is drawn. */
export function lookOf(state: AlarmState): Look {
  if (state === 'unacked') return 'unacked'
  if (state === 'rtn_unack') return 'returned'
  return state === 'acked' ? 'acked' : 'none'
}
