// The tracking codes of reports sent from this phone, newest first.

export interface Sent {
  code: string
  at: number // Unix milliseconds
  category: string
}

const key = 'haidang-sent'
const most = 10

/** The kept codes; none when the phone keeps nothing. */
export function sentBefore(storage: Storage): Sent[] {
  try {
    const list = JSON.parse(storage.getItem(key) ?? '[]') as Sent[]
    return Array.isArray(list) ? list.filter((s) => typeof s?.code === 'string') : []
  } catch {
    return []
  }
}

/** Keeps a code, once. */
export function keepSent(storage: Storage, sent: Sent): void {
  const others = sentBefore(storage).filter((s) => s.code !== sent.code)
  try {
    storage.setItem(key, JSON.stringify([sent, ...others].slice(0, most)))
  } catch {
    // The code is on the screen; keeping it is only a comfort.
  }
}

/** Forgets all codes, for phones that several people use. */
export function forgetSent(storage: Storage): void {
  try {
    storage.removeItem(key)
  } catch {
    // Nothing is kept where nothing may be stored.
  }
}
