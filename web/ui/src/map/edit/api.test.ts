import { afterEach, describe, expect, it, vi } from 'vitest'
import { readChangeset } from './api'

/** A server whose changeset has that many edits, and gives so many at once; its version is what etag says at each call. */
function serve(all: number, most: number, etag: (call: number) => string = () => '"7"'): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', (path: string) => {
    const from = Number(new URL(path, 'http://x').searchParams.get('from'))
    const edits = Array.from({ length: Math.max(0, Math.min(most, all - from)) }, (_, i) => ({ fid: from + i + 1 }))
    const body = { id: 3, etag: etag(asked.push(path)), counts: { insert: 0, update: all, delete: 0 }, edits }
    return Promise.resolve(new Response(JSON.stringify(body)))
  })
  return asked
}

const fids = (c: { edits: { fid: number }[] }) => c.edits.map((e) => e.fid)

describe('a changeset', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('is read to its last edit, however many come at once', async () => {
    const asked = serve(12, 5)
    const sofar: number[] = []
    const c = await readChangeset(3, 'crs84', (part) => sofar.push(part.edits.length) > 0)
    expect(fids(c)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(sofar).toEqual([5, 10, 12])
    expect(asked).toHaveLength(3)
  })

  it('is read anew when it was changed between two pages', async () => {
    const asked = serve(8, 5, (call) => (call < 2 ? '"7"' : '"8"'))
    expect(fids(await readChangeset(3, 'storage'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(asked).toHaveLength(4)
  })

  it('is not read on where nobody looks any more', async () => {
    const asked = serve(12, 5)
    await readChangeset(3, 'crs84', () => false)
    expect(asked).toHaveLength(1)
  })
})
