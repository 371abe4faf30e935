// The look of the small map on which a place is pointed at: land, water,
// boundaries and names from our own tiles, in the colours of the page's tokens.
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import inter from '../../lib/fonts/inter-public.woff2?url'
import khmer from '../../lib/fonts/noto-khmer.woff2?url'

const sources = ['land', 'water', 'unit', 'unit_label']
const words = ['hd-words', 'hd-khmer'] // the engine reads weights out of font names, so these say nothing

const absolute = (path: string) => new URL(path, location.href).href
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The style; names are Khmer where known when `khmerNames` is true. */
export function placeStyle(khmerNames: boolean): StyleSpecification {
  return {
    version: 8,
    'font-faces': {
      'hd-words': [{ url: absolute(inter) }],
      'hd-khmer': [{ url: absolute(khmer), 'unicode-range': ['U+1780-17FF', 'U+19E0-19FF', 'U+200B-200D', 'U+25CC'] }],
    },
    sources: Object.fromEntries(sources.map((s) => [s, { type: 'vector', tiles: [absolute(`/tiles/${s}/`) + '{z}/{x}/{y}'], maxzoom: 14 }])),
    layers: [...ground(), ...boundaries(), names(khmerNames)],
  } as StyleSpecification
}

function ground(): LayerSpecification[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': token('--m-sea') } },
    on('fill', 'land', 'land', {
      paint: { 'fill-color': ['case', ['==', ['get', 'kind'], 'outside'], token('--m-land-out'), token('--m-land')], 'fill-antialias': false },
    }),
    on('fill', 'water-area', 'water', { filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': token('--m-sea') } }),
    on('line', 'water-line', 'water', {
      filter: ['==', ['geometry-type'], 'LineString'],
      paint: { 'line-color': token('--m-canal'), 'line-width': ['case', ['==', ['get', 'grade'], 1], 1.9, 0.9] },
    }),
  ]
}

function boundaries(): LayerSpecification[] {
  return [
    on('line', 'units', 'unit', { paint: { 'line-color': token('--m-b2'), 'line-width': 0.8 } }),
    on('line', 'province', 'land', {
      filter: ['==', ['get', 'kind'], 'inside'], paint: { 'line-color': token('--m-b1'), 'line-width': 1.2, 'line-dasharray': [7, 2.5, 1.7, 2.5] },
    }),
  ]
}

function names(khmerNames: boolean): LayerSpecification {
  const name = ['coalesce', ['get', 'name'], '']
  const field = khmerNames ? ['case', ['!=', ['coalesce', ['get', 'name_km'], ''], ''], ['get', 'name_km'], name] : name
  return on('symbol', 'names', 'unit_label', {
    layout: { 'text-field': field, 'text-font': words, 'text-size': 13, 'text-max-width': 9, 'text-padding': 4 },
    paint: { 'text-color': token('--m-label-strong'), 'text-halo-color': token('--m-halo'), 'text-halo-width': 1.3 },
  })
}

const on = (type: string, id: string, source: string, rest: object): LayerSpecification =>
  ({ id, type, source, 'source-layer': source, ...rest }) as LayerSpecification
