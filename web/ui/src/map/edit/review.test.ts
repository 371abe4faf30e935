import { afterEach, describe, expect, it, vi } from 'vitest'

vi.stubGlobal('location', { href: 'http://localhost/ban-do', pathname: '/ban-do', search: '' })
vi.stubGlobal('addEventListener', () => {})

const { page } = await import('../page.svelte')
const { review } = await import('./review.svelte')

const edit = (n: number) => ({ fid: n, n, op: 'delete', before: { properties: {}, geometry: null }, after: null })
const part = (from: number, to: number) => new Response(JSON.stringify({
  id: 3, layer: 'parcel', etag: '"7"', counts: { insert: 2, update: 3, delete: 7 }, edits: Array.from({ length: to - from }, (_, i) => edit(from + i + 1)),
}))

describe('a review', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('is complete only when all edits are here', async () => {
    let arrive: (answer: Response) => void = () => {}
    const later = new Promise<Response>((resolve) => (arrive = resolve))
    vi.stubGlobal('fetch', (path: string) => (path.includes('from=0') ? Promise.resolve(part(0, 5)) : later))
    page.changes = '3'
    const reading = review.read(3)
    await vi.waitFor(() => expect(review.open?.edits).toHaveLength(5))
    expect([review.all, review.complete]).toEqual([12, false])
    arrive(part(5, 12))
    await reading
    expect(review.open?.edits).toHaveLength(12)
    expect(review.complete).toBe(true)
  })
})
