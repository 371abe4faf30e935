// The ground under every map of ours: land, water, communes, in the colours of
// the design language (section 9), with fonts drawn in the browser from the
// page's own files, so there is no glyph server.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import inter from '../fonts/inter-vi.woff2?url'
import interStrong from '../fonts/inter-map-strong.woff2?url'
import khmer from '../fonts/noto-khmer.woff2?url'
import type { Palette } from './palette'
import { tileScheme } from './tiles'

// The engine reads weights out of font names, so these names say nothing.
export const words = ['hd-words', 'hd-khmer']
export const strongWords = ['hd-strong', 'hd-khmer']

/** The layers that the ground is drawn from. */
export const baseSlugs = ['land', 'water', 'unit', 'unit_label'] as const

/** What of a catalogue entry a source needs. */
export interface Zooms {
  slug: string
  minZoom: number
  maxZoom: number
}

const absolute = (path: string) => new URL(path, location.href).href

/** The font files, by the names the layers use. */
export function fontFaces(): object {
  return {
    'hd-words': [{ url: absolute(inter) }],
    'hd-strong': [{ url: absolute(interStrong) }],
    'hd-khmer': [{ url: absolute(khmer), 'unicode-range': ['U+1780-17FF', 'U+19E0-19FF', 'U+200B-200D', 'U+25CC'] }],
  }
}

/** A source for each of `slugs` that this reader may see; for all of them when the catalogue says nothing. */
export function tileSources(slugs: readonly string[], known: readonly Zooms[]): StyleSpecification['sources'] {
  const offered = known.length ? slugs.filter((slug) => known.some((l) => l.slug === slug)) : slugs
  const source = (slug: string) => {
    const layer = known.find((l) => l.slug === slug)
    return {
      type: 'vector' as const,
      tiles: [`${tileScheme}://tiles/${slug}/{z}/{x}/{y}`],
      minzoom: layer?.minZoom ?? 0,
      maxzoom: Math.min(layer?.maxZoom ?? 14, 14),
    }
  }
  return Object.fromEntries(offered.map((slug) => [slug, source(slug)]))
}

export const is = (key: string, value: string | number): ExpressionSpecification => ['==', ['get', key], value]
export const isLine: ExpressionSpecification = ['==', ['geometry-type'], 'LineString']
const isArea: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon']

/** A layer drawn from the source of its own name. */
export const layer = (
  type: 'fill' | 'line' | 'symbol',
  id: string,
  source: string,
  rest: { filter?: FilterSpecification; paint?: object; layout?: object; minzoom?: number },
): LayerSpecification => ({ id, type, source, 'source-layer': source, ...rest }) as LayerSpecification

export function ground(p: Palette): LayerSpecification[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': p['m-sea'] } },
    layer('fill', 'land', 'land', {
      paint: { 'fill-color': ['case', is('kind', 'outside'), p['m-land-out'], p['m-land']], 'fill-antialias': false },
    }),
    layer('fill', 'water-area', 'water', { filter: isArea, paint: { 'fill-color': p['m-sea'] } }),
  ]
}

/** How canals are drawn, whatever layer they come from. */
export const canalPaint = (p: Palette) => ({
  'line-color': ['case', is('grade', 1), p['m-canal'], p['m-canal-2']],
  'line-width': ['case', is('grade', 1), 1.9, 0.9],
})

export function waterLines(p: Palette): LayerSpecification[] {
  const river = ['interpolate', ['linear'], ['zoom'], 8, ['case', is('grade', 1), 3, 1.9], 12, ['case', is('grade', 1), 10, 3]]
  return [
    layer('line', 'base-canals', 'water', {
      filter: ['all', isLine, is('kind', 'canal')] as FilterSpecification,
      paint: canalPaint(p),
      layout: { 'line-join': 'round' },
    }),
    layer('line', 'rivers', 'water', {
      filter: ['all', isLine, is('kind', 'river')] as FilterSpecification,
      paint: { 'line-color': p['m-sea'], 'line-width': river },
      layout: { 'line-join': 'round', 'line-cap': 'round' },
    }),
  ]
}

export function boundaries(p: Palette): LayerSpecification[] {
  return [
    layer('line', 'units', 'unit', { filter: is('level', 3), paint: { 'line-color': p['m-b3'], 'line-width': 0.8 } }),
    layer('line', 'unit-chosen', 'unit', {
      filter: is('code', ''),
      paint: { 'line-color': p.accent, 'line-width': 2 },
      layout: { 'line-join': 'round' },
    }),
    layer('line', 'province', 'land', {
      filter: is('kind', 'inside'),
      paint: { 'line-color': p['m-b1'], 'line-width': 1.2, 'line-dasharray': [7, 2.5, 1.7, 2.5] },
    }),
  ]
}

export function labels(p: Palette): LayerSpecification[] {
  const ward = is('kind', 'ward')
  return [
    layer('symbol', 'water-names', 'water', {
      filter: ['all', is('kind', 'river'), is('grade', 1)] as FilterSpecification,
      layout: {
        'text-field': ['get', 'name'], 'text-font': words, 'text-size': 12, 'text-letter-spacing': 0.06,
        'symbol-placement': 'line', 'symbol-spacing': 420, 'text-max-angle': 30,
      },
      paint: { 'text-color': p['m-water-label'] },
    }),
    layer('symbol', 'unit-names', 'unit_label', {
      layout: {
        'text-field': ['get', 'name'], 'text-font': ['case', ward, ['literal', strongWords], ['literal', words]],
        'text-size': ['case', ward, 11.5, 11], 'text-max-width': 9, 'text-padding': 2,
        'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'], 'text-radial-offset': 0.5, 'text-justify': 'auto',
      },
      paint: { 'text-color': p['m-label'], 'text-halo-color': p['m-halo'], 'text-halo-width': 1.3 },
    }),
  ]
}
