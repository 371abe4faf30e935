// The map's style: our own tiles, colours of the design language (section 9),
// fonts drawn in the browser from the page's own files, so no glyph server.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import inter from '../../lib/fonts/inter-vi.woff2?url'
import interStrong from '../../lib/fonts/inter-map-strong.woff2?url'
import khmer from '../../lib/fonts/noto-khmer.woff2?url'
import type { Layer } from '../../lib/types'
import type { Palette } from './palette'
import { tileScheme } from './tiles'

const baseSlugs = ['land', 'water', 'unit', 'unit_label', 'irrigation']

// The engine reads weights out of font names, so these names say nothing.
const words = ['hd-words', 'hd-khmer']
const strongWords = ['hd-strong', 'hd-khmer']

const absolute = (path: string) => new URL(path, location.href).href

/** The whole style for one theme. `layers` is the server's catalogue: it knows each layer's zooms. */
export function mapStyle(p: Palette, layers: readonly Layer[]): StyleSpecification {
  const sources: StyleSpecification['sources'] = { ...tileSources(layers), ...liveSources() }
  return {
    version: 8,
    'font-faces': {
      'hd-words': [{ url: absolute(inter) }],
      'hd-strong': [{ url: absolute(interStrong) }],
      'hd-khmer': [{ url: absolute(khmer), 'unicode-range': ['U+1780-17FF', 'U+19E0-19FF', 'U+200B-200D', 'U+25CC'] }],
    },
    sources,
    layers: [...ground(p), ...lines(p), ...labels(p), ...live(p)].filter((l) => !('source' in l) || l.source in sources),
  } as StyleSpecification
}

/** The base layers this reader may see; all of them when the catalogue says nothing. */
function offered(layers: readonly Layer[]): string[] {
  return layers.length ? baseSlugs.filter((slug) => layers.some((l) => l.slug === slug)) : baseSlugs
}

function tileSources(layers: readonly Layer[]): StyleSpecification['sources'] {
  const source = (slug: string) => {
    const known = layers.find((l) => l.slug === slug)
    return {
      type: 'vector' as const,
      tiles: [`${tileScheme}://tiles/${slug}/{z}/{x}/{y}`],
      minzoom: known?.minZoom ?? 0,
      maxzoom: Math.min(known?.maxZoom ?? 14, 14),
    }
  }
  return Object.fromEntries(offered(layers).map((slug) => [slug, source(slug)]))
}

function liveSources(): StyleSpecification['sources'] {
  const data = { type: 'FeatureCollection' as const, features: [] }
  return {
    stations: { type: 'geojson', data },
    alarms: { type: 'geojson', data },
    requests: { type: 'geojson', data, cluster: true, clusterRadius: 30, clusterMaxZoom: 13 },
    selection: { type: 'geojson', data },
  }
}

const is = (key: string, value: string | number): ExpressionSpecification => ['==', ['get', key], value]
const isLine: ExpressionSpecification = ['==', ['geometry-type'], 'LineString']
const isArea: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon']

const layer = (
  type: 'fill' | 'line' | 'symbol',
  id: string,
  source: string,
  rest: { filter?: FilterSpecification; paint?: object; layout?: object; minzoom?: number },
): LayerSpecification => ({ id, type, source, 'source-layer': source, ...rest }) as LayerSpecification

function ground(p: Palette): LayerSpecification[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': p['m-sea'] } },
    layer('fill', 'land', 'land', {
      paint: { 'fill-color': ['case', is('kind', 'outside'), p['m-land-out'], p['m-land']], 'fill-antialias': false },
    }),
    layer('fill', 'water-area', 'water', { filter: isArea, paint: { 'fill-color': p['m-sea'] } }),
  ]
}

function lines(p: Palette): LayerSpecification[] {
  const wide = ['case', is('grade', 1), 1.9, 0.9]
  const river = ['interpolate', ['linear'], ['zoom'], 8, ['case', is('grade', 1), 3, 1.9], 12, ['case', is('grade', 1), 10, 3]]
  return [
    layer('line', 'canals', 'irrigation', {
      filter: ['all', isLine, ['in', ['get', 'kind'], ['literal', ['canal', 'river']]]] as FilterSpecification,
      paint: { 'line-color': ['case', is('grade', 1), p['m-canal'], p['m-canal-2']], 'line-width': wide },
      layout: { 'line-join': 'round' },
    }),
    layer('line', 'base-canals', 'water', {
      filter: ['all', isLine, is('kind', 'canal')] as FilterSpecification,
      paint: { 'line-color': ['case', is('grade', 1), p['m-canal'], p['m-canal-2']], 'line-width': wide },
      layout: { 'line-join': 'round' },
    }),
    layer('line', 'rivers', 'water', {
      filter: ['all', isLine, is('kind', 'river')] as FilterSpecification,
      paint: { 'line-color': p['m-sea'], 'line-width': river },
      layout: { 'line-join': 'round', 'line-cap': 'round' },
    }),
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

function labels(p: Palette): LayerSpecification[] {
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

// Later layers are placed first. Order of placement: untaken alarms, water (above
// only), chosen station, reports, stations, other alarms, communes: no word lies over a report's tag.
function live(p: Palette): LayerSpecification[] {
  const halo = { 'text-halo-color': p['m-halo'], 'text-halo-width': 1.4 }
  return [
    {
      id: 'minor-dots', type: 'symbol', source: 'stations', filter: ['all', ['!=', ['get', 'image'], ''], ['!', ['get', 'major']]],
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-ignore-placement': true },
      paint: { 'icon-opacity': 0.72 },
    },
    {
      id: 'station-dots', type: 'symbol', source: 'stations', filter: ['all', ['!=', ['get', 'image'], ''], ['get', 'major']],
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-padding': 0 },
    },
    {
      id: 'station-words', type: 'symbol', source: 'stations', filter: majorOrNear(11),
      layout: {
        'text-field': ['format', ['get', 'name'], {}, '\u00a0', {}, ['get', 'value'], { 'text-font': ['literal', strongWords], 'font-scale': 1.09 }],
        'text-font': words, 'text-size': 11, 'text-max-width': 40, 'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
        'text-radial-offset': ['case', ['==', ['get', 'image'], ''], 1.3, 0.7], 'text-justify': 'auto', 'symbol-sort-key': ['get', 'rank'], 'text-padding': 2,
      },
      paint: { 'text-color': ['case', ['get', 'fresh'], p['m-label-strong'], p['text-3']], ...halo },
    },
    {
      id: 'requests', type: 'symbol', source: 'requests', filter: ['!', ['has', 'point_count']],
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true },
    },
    {
      id: 'request-groups', type: 'symbol', source: 'requests', filter: ['has', 'point_count'],
      layout: {
        'icon-image': 'report-group', 'icon-allow-overlap': true, 'text-field': ['to-string', ['get', 'point_count']], 'text-font': strongWords,
        'text-size': 11, 'text-offset': [0, -0.92], 'text-allow-overlap': true,
      },
      paint: { 'text-color': p.text },
    },
    {
      id: 'selection-halo', type: 'circle', source: 'selection',
      paint: { 'circle-radius': 16, 'circle-color': 'transparent', 'circle-stroke-width': 5.5, 'circle-stroke-color': p['m-halo'] },
    },
    {
      id: 'selection', type: 'circle', source: 'selection',
      paint: { 'circle-radius': 16, 'circle-color': 'transparent', 'circle-stroke-width': 2.5, 'circle-stroke-color': p.accent },
    },
    {
      id: 'alarms', type: 'symbol', source: 'alarms',
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'symbol-sort-key': ['-', 0, ['get', 'rank']] },
    },
  ]
}

/** Names of the main stations at every zoom, of all others from a zoom on. */
export function majorOrNear(zoom: number): FilterSpecification {
  return ['any', ['get', 'major'], ['>=', ['zoom'], zoom]] as unknown as FilterSpecification
}
