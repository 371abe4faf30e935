import { afterEach, beforeEach, expect, test, vi } from 'vitest'

type Handler = (request: { url: string }, abort: AbortController) => Promise<{ data: ArrayBuffer; etag?: string; expires?: string }>

let tiles: typeof import('./tiles')
let handler: Handler
let asked: { path: string; cache: RequestCache | undefined }[]
let answer: (path: string) => Response | Promise<Response>

beforeEach(async () => {
  vi.resetModules()
  tiles = await import('./tiles')
  asked = []
  answer = (path) => new Response(path, { headers: { ETag: `"${asked.length}"` } })
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    asked.push({ path, cache: init.cache })
    return Promise.resolve(answer(path))
  })
  tiles.keepTiles((_, h) => { handler = h as unknown as Handler })
})
afterEach(() => vi.unstubAllGlobals())

const get = (path: string) => handler({ url: `haidang:/${path}` }, new AbortController())

test('while changes are heard, a kept tile is shown without asking, until it is told old', async () => {
  tiles.trustKept(true)
  await get('/tiles/a/5/1/2')
  await get('/tiles/a/5/1/2')
  expect(asked).toHaveLength(1)
  tiles.voidTiles('a', [[5, 9, 9]])
  tiles.voidTiles('b', null)
  await get('/tiles/a/5/1/2')
  expect(asked).toHaveLength(1) // neighbours and other layers void nothing
  tiles.voidTiles('a', [[5, 1, 2]])
  await get('/tiles/a/5/1/2')
  expect(asked.at(-1)).toEqual({ path: '/tiles/a/5/1/2', cache: 'no-cache' })
  tiles.voidTiles('a', null)
  await get('/tiles/a/5/1/2')
  await get('/tiles/a/5/1/2')
  expect(asked).toHaveLength(3)
})

test('days of a tile are told old together', async () => {
  tiles.trustKept(true)
  await get('/tiles/a/5/1/2?day=2020-01-01')
  tiles.voidTiles('a', [[5, 1, 2]])
  await get('/tiles/a/5/1/2?day=2020-01-01')
  expect(asked).toHaveLength(2)
})

test('a tile that is told old while it is on its way is asked for again', async () => {
  tiles.trustKept(true)
  answer = () => {
    if (asked.length === 1) tiles.voidTiles('a', [[5, 1, 2]])
    return new Response(String(asked.length))
  }
  const tile = await get('/tiles/a/5/1/2')
  expect(new TextDecoder().decode(tile.data)).toBe('2')
})

test('what was read before changes were heard is doubtful', async () => {
  expect(tiles.trustKept(true)).toBe(false)
  tiles.trustKept(false)
  await get('/tiles/a/1/0/0')
  expect(tiles.trustKept(true)).toBe(true)
  await get('/tiles/a/1/0/0')
  expect(asked).toHaveLength(2)
  expect(tiles.trustKept(true)).toBe(false)
})

test('without the server the last good tile stays, and is tried again', async () => {
  await get('/tiles/a/1/0/0')
  answer = () => Promise.reject(new Error('away'))
  const kept = await get('/tiles/a/1/0/0')
  expect(new TextDecoder().decode(kept.data)).toBe('/tiles/a/1/0/0')
  expect(kept.expires).toBeDefined()
  await expect(get('/tiles/a/1/1/1')).rejects.toThrow('away')
})

test('a busy server is asked again when it says so', async () => {
  vi.useFakeTimers()
  answer = () => (asked.length === 1 ? new Response('', { status: 503, headers: { 'Retry-After': '2' } }) : new Response('ok'))
  const tile = get('/tiles/a/1/0/0')
  await vi.advanceTimersByTimeAsync(3100)
  expect(new TextDecoder().decode((await tile).data)).toBe('ok')
  vi.useRealTimers()
})
