// Fetches tiles and keeps the last good ones, so that the ground stays under
// the map when the server is away: MapLibre would drop a tile that it cannot read
// again. A page that is told of every change (src/map/live.svelte.ts) trusts what
// it keeps, and asks only for what it was told is new.
import type { addProtocol } from 'maplibre-gl'

/** The scheme of tile addresses in the style; the rest is the path on our own host. */
export const tileScheme = 'haidang'

interface Tile {
  data: ArrayBuffer
  etag: string | undefined // by this MapLibre knows a tile that did not change, and does not draw it anew
  at: number // by the count of changes heard, when it was asked for
}

const kept = new Map<string, Tile>()
const keptMost = 384 // some 60 kB each at worst
const againMs = 15_000
const busyTries = 5 // a busy server says when to come back

let trusted = false // we are told of every change
let asked = false // any tile yet
let heard = 0 // counts what we were told
let allVoid = 0 // when everything was last declared old
const voided = new Map<string, number>() // path up to the query → when; or a layer's whole folder
const voidedMost = 2000

/** Hangs the store before the engine, which is handed in: this file is light and the engine is not. */
export function keepTiles(add: typeof addProtocol): void {
  add(tileScheme, async ({ url }, abort) => {
    const path = url.slice(tileScheme.length + '://'.length - 1) // keeps the slash
    const last = kept.get(path)
    if (trusted && last && last.at >= changedAt(path)) return { data: last.data.slice(0), etag: last.etag }
    try {
      const tile = await read(path, abort.signal)
      return { data: tile.data.slice(0), etag: tile.etag, ...(!trusted && { expires: new Date(Date.now() + againMs).toUTCString() }) }
    } catch (cause) {
      if (abort.signal.aborted || !last) throw cause
      return { data: last.data.slice(0), etag: last.etag, expires: new Date(Date.now() + againMs).toUTCString() }
    }
  })
}

/** Reads a tile, and again when we are told meanwhile that it is old. */
async function read(path: string, signal: AbortSignal): Promise<Tile> {
  asked = true
  for (let tries = 1; ; tries++) {
    const at = heard
    const changed = changedAt(path)
    // Past a change the browser's own cache may still hold the tile before it.
    const answer = await fetch(path, { signal, credentials: 'same-origin', cache: changed > 0 ? 'no-cache' : 'default' })
    if (answer.status === 503 && tries < busyTries) {
      await pause(Number(answer.headers.get('Retry-After')) || 1, signal)
      continue
    }
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    const tile = { data: await answer.arrayBuffer(), etag: answer.headers.get('ETag') ?? undefined, at }
    keep(path, tile)
    if (changedAt(path) <= at || tries >= busyTries) return tile
  }
}

/** Waits some seconds, and a little more so that not everybody comes back at once. */
const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(seconds, 10) * 1000 * (1 + Math.random() / 2))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }, { once: true })
  })

/** Keeps the newest; a Map remembers the order of insertion, so the first is the oldest. */
function keep(path: string, tile: Tile): void {
  kept.delete(path)
  kept.set(path, tile)
  if (kept.size > keptMost) kept.delete(kept.keys().next().value!)
}

function changedAt(path: string): number {
  const place = path.split('?')[0]!
  const folder = place.split('/').slice(0, 3).join('/')
  return Math.max(allVoid, voided.get(place) ?? 0, voided.get(folder) ?? 0)
}

/**
 * Whether every change is heard of from now on. While it is, kept tiles are shown
 * without asking. Returns whether tiles read before may be old.
 */
export function trustKept(yes: boolean): boolean {
  const doubtful = yes && !trusted && asked
  if (doubtful) voidAll()
  trusted = yes
  return doubtful
}

/** Says that tiles of a layer are old: these, or all of them. */
export function voidTiles(slug: string, tiles: readonly (readonly [number, number, number])[] | null): void {
  heard++
  if (!tiles) voided.set(`/tiles/${slug}`, heard)
  for (const [z, x, y] of tiles ?? []) voided.set(`/tiles/${slug}/${z}/${x}/${y}`, heard)
  if (voided.size > voidedMost) voidAll()
}

/** Says that any tile may be old. */
export function voidAll(): void {
  allVoid = ++heard
  voided.clear()
}
