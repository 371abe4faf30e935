// The server's time, ticking once a second. Every age on the screen reads this
// one clock, so a post whose own clock is wrong still shows true ages.
import { live } from './live/live.svelte'

let own = $state(Date.now())
setInterval(() => (own = Date.now()), 1000)

/** Now by the server's clock, in ms. Reactive, once a second. */
export const now = (): number => Math.max(own + live.skewMs, 0)
