// What the page itself draws over the layers: the chosen feature, what is being
// measured, a place that was searched for.
import type { FeatureCollection } from 'geojson'
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { strongWords } from '../lib/map/base'
import type { Palette } from '../lib/map/palette'

export type Marks = 'chosen' | 'drawn' | 'pointer'

export function markSources(data: Record<Marks, FeatureCollection>): StyleSpecification['sources'] {
  return Object.fromEntries(Object.entries(data).map(([name, d]) => [`mark-${name}`, { type: 'geojson' as const, data: d }]))
}

const isArea = ['==', ['geometry-type'], 'Polygon']
const isPoint = ['==', ['geometry-type'], 'Point']

/** The marks, above everything else. */
export function markLayers(p: Palette): LayerSpecification[] {
  const round = { 'line-join': 'round', 'line-cap': 'round' }
  const ring = (id: string, source: string, width: number, colour: string) =>
    ({ id, type: 'circle', source, filter: isPoint, paint: { 'circle-radius': 11, 'circle-color': 'transparent', 'circle-stroke-width': width, 'circle-stroke-color': colour } })
  return [
    { id: 'chosen-area', type: 'fill', source: 'mark-chosen', filter: isArea, paint: { 'fill-color': p.accent, 'fill-opacity': 0.16 } },
    { id: 'chosen-halo', type: 'line', source: 'mark-chosen', layout: round, paint: { 'line-color': p['m-halo'], 'line-width': 5.5 } },
    { id: 'chosen-line', type: 'line', source: 'mark-chosen', layout: round, paint: { 'line-color': p.accent, 'line-width': 2.5 } },
    ring('chosen-point-halo', 'mark-chosen', 5.5, p['m-halo']),
    ring('chosen-point', 'mark-chosen', 2.5, p.accent),
    { id: 'drawn-area', type: 'fill', source: 'mark-drawn', filter: isArea, paint: { 'fill-color': p.accent, 'fill-opacity': 0.12 } },
    { id: 'drawn-halo', type: 'line', source: 'mark-drawn', layout: round, paint: { 'line-color': p['m-halo'], 'line-width': 5 } },
    { id: 'drawn-line', type: 'line', source: 'mark-drawn', layout: round, paint: { 'line-color': p.accent, 'line-width': 2 } },
    {
      id: 'drawn-point', type: 'circle', source: 'mark-drawn', filter: isPoint,
      paint: { 'circle-radius': 4, 'circle-color': p.field, 'circle-stroke-width': 2, 'circle-stroke-color': p.accent },
    },
    {
      id: 'drawn-words', type: 'symbol', source: 'mark-drawn', filter: ['has', 'words'],
      layout: { 'text-field': ['get', 'words'], 'text-font': strongWords, 'text-size': 11, 'symbol-placement': 'line-center', 'text-allow-overlap': true },
      paint: { 'text-color': p.accent, 'text-halo-color': p['m-halo'], 'text-halo-width': 1.6 },
    },
    ring('pointer-halo', 'mark-pointer', 5.5, p['m-halo']),
    ring('pointer', 'mark-pointer', 2.5, p.accent),
  ] as LayerSpecification[]
}
