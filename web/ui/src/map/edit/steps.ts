// What can be undone and done again. Pure: each step is the whole state, which shares
// with its neighbours whatever is the same in both.
export interface Steps<T> {
  past: readonly T[]
  now: T
  future: readonly T[]
}

const most = 500

export const begin = <T>(now: T): Steps<T> => ({ past: [], now, future: [] })

export const step = <T>(s: Steps<T>, now: T): Steps<T> => (now === s.now ? s : { past: [...s.past, s.now].slice(-most), now, future: [] })

export function undo<T>(s: Steps<T>): Steps<T> {
  const now = s.past.at(-1)
  return now === undefined ? s : { past: s.past.slice(0, -1), now, future: [s.now, ...s.future] }
}

export function redo<T>(s: Steps<T>): Steps<T> {
  const [now, ...future] = s.future
  return now === undefined ? s : { past: [...s.past, s.now], now, future }
}

/** The same steps with something learnt since in all of them, such as the number of a new feature. */
export const mapped = <T>(s: Steps<T>, f: (t: T) => T): Steps<T> => ({ past: s.past.map(f), now: f(s.now), future: s.future.map(f) })
