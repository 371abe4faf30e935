// The room's map style: the common ground, and what lives on it.
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { baseSlugs, boundaries, canalPaint, fontFaces, ground, isLine, labels, layer, strongWords, tileSources, waterLines, words } from '../../lib/map/base'
import type { Palette } from '../../lib/map/palette'
import type { Layer } from '../../lib/types'

/** The whole style for one theme. `layers` is the server's catalogue: it knows each layer's zooms. */
export function mapStyle(p: Palette, layers: readonly Layer[]): StyleSpecification {
  const sources: StyleSpecification['sources'] = { ...tileSources([...baseSlugs, 'irrigation'], layers), ...liveSources() }
  return {
    version: 8,
    'font-faces': fontFaces(),
    sources,
    layers: [...ground(p), irrigation(p), ...waterLines(p), ...boundaries(p), ...labels(p), ...live(p)].filter((l) => !('source' in l) || l.source in sources),
  } as StyleSpecification
}

const irrigation = (p: Palette): LayerSpecification =>
  layer('line', 'canals', 'irrigation', {
    filter: ['all', isLine, ['in', ['get', 'kind'], ['literal', ['canal', 'river']]]] as FilterSpecification,
    paint: canalPaint(p),
    layout: { 'line-join': 'round' },
  })

function liveSources(): StyleSpecification['sources'] {
  const data = { type: 'FeatureCollection' as const, features: [] }
  return {
    stations: { type: 'geojson', data },
    alarms: { type: 'geojson', data },
    requests: { type: 'geojson', data, cluster: true, clusterRadius: 30, clusterMaxZoom: 13 },
    selection: { type: 'geojson', data },
  }
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
