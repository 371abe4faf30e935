// Categories and communes. A copy is kept in the phone, so that after the first
// visit the questions can be answered without a network.
import { call } from '../lib/api'
import type { Category, Unit } from '../lib/types'

export interface PublicCatalogue {
  demo: boolean
  categories: Category[]
  units: Unit[]
}

const key = 'haidang-catalogue'

let held = $state.raw<PublicCatalogue | null>(kept())
let failed = $state(false)
let running = false

/** The catalogue, and whether the last attempt to load it failed. Reactive. */
export const catalogue = {
  get value() { return held },
  get failed() { return failed },
}

/** Asks the server again; what is held stays until the answer is there. */
export async function loadCatalogue(): Promise<void> {
  if (running) return
  running = true
  failed = false
  try {
    held = await call<PublicCatalogue>('/public/catalogue', { timeoutMs: 30_000 })
    keep(held)
  } catch {
    failed = true
  } finally {
    running = false
  }
}

function kept(): PublicCatalogue | null {
  try {
    const c = JSON.parse(localStorage.getItem(key) ?? 'null') as PublicCatalogue | null
    return Array.isArray(c?.categories) && Array.isArray(c.units) ? c : null
  } catch {
    return null
  }
}

function keep({ demo, categories, units }: PublicCatalogue): void {
  try {
    localStorage.setItem(key, JSON.stringify({ demo, categories, units }))
  } catch {
    // A full or forbidden store only costs another download.
  }
}
