// A report being written, and its copy in the phone. The key goes with the draft
// from its first letter until the server has answered: however often it is sent,
// the server makes one report of it.

export type Place =
  | { kind: 'unit'; unit: string }
  | { kind: 'point'; lon: number; lat: number; accuracyM?: number }

export interface Draft {
  key: string // the Idempotency-Key
  category: string
  place: Place | null
  description: string
  wanted: boolean // "send" was pressed and the outcome is not known yet
  language: string // that of the page when "send" was pressed: every retry says the same
}

const storageKey = 'haidang-draft'

/** An empty draft with a new key. */
export function newDraft(): Draft {
  return { key: newKey(), category: '', place: null, description: '', wanted: false, language: '' }
}

/** 122 random bits as a UUID; old browsers and plain http lack randomUUID. */
export function newKey(source: Pick<Crypto, 'getRandomValues'> & Partial<Pick<Crypto, 'randomUUID'>> = crypto): string {
  if (source.randomUUID) return source.randomUUID()
  const b = source.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The draft kept in the phone, or a new one when there is none or it cannot be read. */
export function keptDraft(storage: Storage): Draft {
  try {
    const d = JSON.parse(storage.getItem(storageKey) ?? 'null') as Partial<Draft> | null
    if (d && typeof d.key === 'string' && d.key.length >= 22) return { ...newDraft(), ...d, place: soundPlace(d.place) }
  } catch {
    // Unreadable is the same as none.
  }
  return newDraft()
}

/** Keeps the draft; false when the phone refuses. */
export function keepDraft(storage: Storage, draft: Draft): boolean {
  try {
    storage.setItem(storageKey, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

/** Removes the kept draft. */
export function dropDraft(storage: Storage): void {
  try {
    storage.removeItem(storageKey)
  } catch {
    // Nothing is kept where nothing may be stored.
  }
}

function soundPlace(p: unknown): Place | null {
  const place = p as Place | null | undefined
  if (place?.kind === 'unit' && typeof place.unit === 'string') return place
  if (place?.kind === 'point' && Number.isFinite(place.lon) && Number.isFinite(place.lat)) return place
  return null
}
