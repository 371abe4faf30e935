// What this browser holds that the server has not taken yet. It outlives a closed
// browser and a lost network. Each tab keeps its own, so that none overwrites another's;
// what a tab that is gone has left behind, the next one that opens the draft takes over.
import type { Working } from './draft'

export interface Kept {
  changeset: number // 0: not begun at the server
  unsent: Unsent[]
  typed: [string, string][] // what stands in fields that cannot be read yet
}

/** One feature: what is wanted (null: taken out), and what the server had then. */
export type Unsent = [fid: number, mine: Working | null, known: Working | null]

const locked = 'haidang-tab:'
const tabKey = 'haidang-tab'
const reloadMs = 1000 // a page that is loaded again may still hold its own name for a moment
const stem = (account: string, layer: string) => `haidang-draft:${account}:${layer}:`

let name: Promise<string> | undefined

/** The name of this tab. It stays when the page is loaded again; a copy of the tab gets another. */
export const tabName = (): Promise<string> => (name ??= claim())

async function claim(): Promise<string> {
  try {
    const last = sessionStorage.getItem(tabKey)
    if (last && (await held(last))) return last
  } catch {
    // Storage may be forbidden: the tab is then a new one each time.
  }
  const made = Math.random().toString(36).slice(2, 12)
  await held(made)
  try {
    sessionStorage.setItem(tabKey, made)
  } catch {
    // as above
  }
  return made
}

/** Holds a name for as long as the page is there; false when another tab does. */
function held(tab: string): Promise<boolean> {
  const { locks } = navigator
  if (!locks) return Promise.resolve(true) // a page without TLS
  return new Promise((done) => {
    locks.request(locked + tab, { signal: AbortSignal.timeout(reloadMs) }, () => {
      done(true)
      return new Promise(() => {})
    }).catch(() => done(false))
  })
}

async function openTabs(): Promise<Set<string>> {
  const { held: list } = (await navigator.locks?.query()) ?? {}
  return new Set((list ?? []).flatMap((l) => (l.name?.startsWith(locked) ? [l.name.slice(locked.length)] : [])))
}

/** Where a tab keeps what it has of one draft. */
export const placeOf = (account: string, layer: string, changeset: number, tab: string): string => `${stem(account, layer)}${changeset}:${tab}`

/** All that was kept of a layer's drafts, by where: of this tab, and of those that are open no more. */
export async function kept(account: string, layer: string, tab: string): Promise<Map<string, Kept>> {
  const list = new Map<string, Kept>()
  const open = await openTabs().catch(() => new Set<string>())
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const place = localStorage.key(i)!
      const of = place.startsWith(stem(account, layer)) ? place.slice(place.lastIndexOf(':') + 1) : undefined
      const k = of === tab || (of && !open.has(of)) ? read(place) : undefined
      if (k) list.set(place, k)
    }
  } catch {
    // Storage may be forbidden: then nothing was kept.
  }
  return list
}

function read(place: string): Kept | undefined {
  try {
    const k = JSON.parse(localStorage.getItem(place) ?? '') as Partial<Kept>
    return { changeset: k.changeset ?? 0, unsent: k.unsent ?? [], typed: k.typed ?? [] }
  } catch {
    return undefined
  }
}

/** Keeps it; false where the browser has no room, so that the page must not be closed. */
export function keep(place: string, k: Kept): boolean {
  try {
    if (k.unsent.length || k.typed.length) localStorage.setItem(place, JSON.stringify(k))
    else localStorage.removeItem(place)
    return true
  } catch {
    return false
  }
}

/** Forgets what was kept there. */
export function forget(place: string): void {
  try {
    localStorage.removeItem(place)
  } catch {
    // Nothing was kept, then.
  }
}
