// Fetches tiles and keeps the last good ones, so that the ground stays under
// the stations when the server is away: MapLibre would drop a tile that it
// cannot read again.
import { addProtocol } from 'maplibre-gl'

/** The scheme of tile addresses in the style; the rest is the path on our own host. */
export const tileScheme = 'haidang'

const kept = new Map<string, ArrayBuffer>()
const keptMost = 256 // some 60 kB each at worst
const againMs = 15_000

export function keepTiles(): void {
  addProtocol(tileScheme, async ({ url }, abort) => {
    const path = url.slice(tileScheme.length + '://'.length - 1) // keeps the slash
    try {
      const answer = await fetch(path, { signal: abort.signal, credentials: 'same-origin' })
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      const data = await answer.arrayBuffer()
      keep(path, data)
      return { data: data.slice(0), cacheControl: answer.headers.get('Cache-Control') ?? undefined }
    } catch (cause) {
      const last = kept.get(path)
      if (abort.signal.aborted || !last) throw cause
      return { data: last.slice(0), expires: new Date(Date.now() + againMs).toUTCString() }
    }
  })
}

/** Keeps the newest; a Map remembers the order of insertion, so the first is the oldest. */
function keep(path: string, data: ArrayBuffer): void {
  kept.delete(path)
  kept.set(path, data)
  if (kept.size > keptMost) kept.delete(kept.keys().next().value!)
}
