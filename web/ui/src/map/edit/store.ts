// What this browser holds that the server has not taken yet. It outlives a closed
// browser and a lost network.
import type { Working } from './draft'

export interface Kept {
  changeset: number // 0: not begun at the server
  unsent: [number, Working | null][] // null: to be taken out
  typed: [string, string][] // what stands in fields that cannot be read yet
}

const nothing: Kept = { changeset: 0, unsent: [], typed: [] }
const key = (account: string, layer: string) => `haidang-draft:${account}:${layer}`

export function kept(account: string, layer: string): Kept {
  try {
    const text = localStorage.getItem(key(account, layer))
    return text ? { ...nothing, ...(JSON.parse(text) as Kept) } : nothing
  } catch {
    return nothing
  }
}

/** Keeps it; false where the browser has no room, so that the page must not be closed. */
export function keep(account: string, layer: string, k: Kept): boolean {
  try {
    if (k.unsent.length || k.typed.length) localStorage.setItem(key(account, layer), JSON.stringify(k))
    else localStorage.removeItem(key(account, layer))
    return true
  } catch {
    return false
  }
}
