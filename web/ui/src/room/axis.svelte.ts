// The one time axis of the room: chart and time bar read the same window, so
// one vertical line is "now" in both.
import { now } from './clock.svelte'
import { live } from './live/live.svelte'
import { selection } from './selection.svelte'

const hour = 3_600_000
const ahead = 0.06 // share of the window right of now

/** When the picture stands still: the last message, or the pause. 0 while it is live. */
const stoppedAt = $derived(live.link === 'lost' ? live.lastHeard : 0)

class Axis {
  /** Length of the window in ms. */
  readonly span = $derived(selection.range * hour)
  /** Right edge; moves in steps of a pixel or so, not with every tick. */
  readonly to = $derived.by(() => {
    const step = this.span / 1000
    return Math.ceil(now() / step) * step + this.span * ahead
  })
  readonly from = $derived(this.to - this.span)

  /** Position of an instant in percent of the width. */
  at(t: number): number {
    return ((t - this.from) / this.span) * 100
  }

  stopped(): number {
    return stoppedAt
  }
}

export const axis = new Axis()
