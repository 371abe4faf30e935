// Whether the phone believes it has a network. It may be wrong in one direction
// only: "online" can still mean that nothing gets through.

let up = $state(navigator.onLine)
addEventListener('online', () => (up = true))
addEventListener('offline', () => (up = false))

/** False when the phone says that it has no network. Reactive. */
export const online = (): boolean => up
