import { expect, test } from 'vitest'
import { fitted } from './downscale'
import { judged, largest, take } from './photo'

test('a photo is made to fit, never larger', () => {
  expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 })
  expect(fitted(3000, 4000)).toEqual({ width: 1200, height: 1600 })
  expect(fitted(800, 600)).toEqual({ width: 800, height: 600 })
  expect(fitted(20_000, 5)).toEqual({ width: 1600, height: 1 })
})

test('where the browser cannot draw, the original goes', async () => {
  const file = new File(['x'], 'a.jpg', { type: 'image/jpeg' }) // Node has no createImageBitmap
  expect(await take(file)).toEqual({ blob: file })
})

test('what is not a photo that can be sent is refused at once', async () => {
  expect(await take(new File(['x'], 'a.pdf', { type: 'application/pdf' }))).toEqual({ fault: 'photo_type' })
  expect(await take(new File(['x'], 'a.heic', { type: 'image/heic' }))).toEqual({ fault: 'photo_type' })
})

test('too large is said with the size', () => {
  const blob = { type: 'image/png', size: largest + 1 } as Blob
  expect(judged(blob)).toEqual({ fault: 'photo_large', bytes: largest + 1 })
})
