import { expect, test, vi } from 'vitest'
import type { MapLayer } from './types'

vi.stubGlobal('location', { href: 'http://localhost/ban-do' })
const { drawnLayers, scaled, sourceOf, tileAddress } = await import('./layerStyle')

const layer = {
  slug: 'parcel', kind: 'vector', geometry: 'Polygon', minZoom: 12, maxZoom: 17, dated: true, bounds: [1, 2, 3, 4], tiles: '/tiles/parcel/{z}/{x}/{y}',
  styleLayers: [
    { id: 'fill', type: 'fill', paint: { 'fill-color': ['match', ['get', 'k'], 'a', '#ffff64', '#ffffff'], 'fill-opacity': 0.5 } },
    { id: 'words', type: 'symbol', minzoom: 15, layout: { 'text-field': ['get', 'n'], 'text-font': ['Noto Sans Bold'] }, paint: { 'text-color': '#111111' } },
  ],
} as unknown as MapLayer

test('what is drawn is named after its layer, and written in our fonts', () => {
  const [fill, words] = drawnLayers(layer, 1, 'given') as unknown as Record<string, never>[]
  expect([fill!['id'], fill!['source'], fill!['source-layer'], fill!['minzoom']]).toEqual(['l:parcel/fill', 'l:parcel', 'parcel', 12])
  expect([words!['minzoom'], words!['layout']?.['text-font']]).toEqual([15, ['hd-strong', 'hd-khmer']])
})

test('opacity and theme reach into expressions', () => {
  const [fill] = drawnLayers(layer, 0.5, 'dim') as unknown as { paint: Record<string, unknown> }[]
  expect(fill!.paint['fill-opacity']).toBe(0.425)
  const match = fill!.paint['fill-color'] as string[]
  expect(match[0]).toBe('match')
  expect(match[3]).not.toBe('#ffff64')
  expect(scaled(['interpolate', ['linear'], ['zoom'], 10, 0.2, 14, ['get', 'o']], 0.5)).toEqual(['interpolate', ['linear'], ['zoom'], 10, 0.1, 14, ['*', ['get', 'o'], 0.5]])
  expect(scaled(['step', ['zoom'], 1, 9, 0.5], 0.5)).toEqual(['step', ['zoom'], 0.5, 9, 0.25])
})

test('tiles of a day', () => {
  expect(tileAddress(layer, '2025-07-01')).toBe('haidang://tiles/parcel/{z}/{x}/{y}?day=2025-07-01')
  expect(tileAddress({ ...layer, dated: false }, '2025-07-01')).toBe('haidang://tiles/parcel/{z}/{x}/{y}')
  expect(sourceOf(layer, '')).toMatchObject({ type: 'vector', minzoom: 12, maxzoom: 17, bounds: [1, 2, 3, 4] })
  expect(sourceOf({ ...layer, kind: 'raster', bounds: [0, 0, 0, 0] }, '')).not.toHaveProperty('bounds')
})
