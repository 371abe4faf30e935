// Stand-ins for what a browser keeps, for tests in Node.
import type { Unit } from '../lib/types'

/** A Storage in memory; `full` refuses every write, as private windows do. */
export function memoryStorage(full = false): Storage {
  const held = new Map<string, string>()
  return {
    get length() { return held.size },
    clear: () => held.clear(),
    key: (i) => [...held.keys()][i] ?? null,
    getItem: (k) => held.get(k) ?? null,
    removeItem: (k) => void held.delete(k),
    setItem(k, v) {
      if (full) throw new DOMException('full', 'QuotaExceededError')
      held.set(k, v)
    },
  }
}

/** A commune with a box of 0.1 degrees around its centre. */
export function unit(code: string, name: string, lon: number, lat: number, nameKm = ''): Unit {
  return { code, name, nameKm, lon, lat, bbox: [lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05], approximate: true }
}
