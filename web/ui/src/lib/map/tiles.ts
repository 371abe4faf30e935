// Fetches tiles and keeps the last good ones, so that the ground stays under
// the stations when the server is away: MapLibre would drop a tile that it
// cannot read again.
import { addProtocol } from 'maplibre-gl'

/** The scheme of tile addresses in the style; the rest is the path on our own host. */
export const tileScheme = 'haidang'

interface Tile {
  data: ArrayBuffer
  etag: string | undefined // by this MapLibre knows a tile that did not change, and does not draw it anew
}

const kept = new Map<string, Tile>()
const keptMost = 256 // some 60 kB each at worst
const againMs = 15_000

export function keepTiles(): void {
  addProtocol(tileScheme, async ({ url }, abort) => {
    const path = url.slice(tileScheme.length + '://'.length - 1) // keeps the slash
    try {
      const answer = await fetch(path, { signal: abort.signal, credentials: 'same-origin' })
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      const data = await answer.arrayBuffer()
      const etag = answer.headers.get('ETag') ?? undefined
      keep(path, { data, etag })
      return { data: data.slice(0), etag, cacheControl: answer.headers.get('Cache-Control') ?? undefined }
    } catch (cause) {
      const last = kept.get(path)
      if (abort.signal.aborted || !last) throw cause
      return { data: last.data.slice(0), etag: last.etag, expires: new Date(Date.now() + againMs).toUTCString() }
    }
  })
}

/** Keeps the newest; a Map remembers the order of insertion, so the first is the oldest. */
function keep(path: string, tile: Tile): void {
  kept.delete(path)
  kept.set(path, tile)
  if (kept.size > keptMost) kept.delete(kept.keys().next().value!)
}
