// What the page itself draws over the layers: the chosen feature, what is being
// measured, a place that was searched for, what is being edited or reviewed.
import type { FeatureCollection } from 'geojson'
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { strongWords } from '../lib/map/base'
import type { Palette } from '../lib/map/palette'

export type Marks = 'chosen' | 'edit' | 'drawn' | 'pointer'

export function markSources(data: Record<Marks, FeatureCollection>): StyleSpecification['sources'] {
  return Object.fromEntries(Object.entries(data).map(([name, d]) => [`mark-${name}`, { type: 'geojson' as const, data: d }]))
}

const isArea = ['==', ['geometry-type'], 'Polygon']
const isPoint = ['==', ['geometry-type'], 'Point']

const is = (...roles: string[]) => ['in', ['get', 'role'], ['literal', roles]]

/** Before in ink and dashed, after in the accent; handles above both. */
function editLayers(p: Palette): object[] {
  const source = 'mark-edit'
  const round = { 'line-join': 'round', 'line-cap': 'round' }
  const dot = (id: string, role: string, radius: number, fill: string, edge: string, width = 2) =>
    ({ id, type: 'circle', source, filter: ['all', isPoint, is(role)], paint: { 'circle-radius': radius, 'circle-color': fill, 'circle-stroke-width': width, 'circle-stroke-color': edge } })
  return [
    { id: 'edit-area', type: 'fill', source, filter: ['all', isArea, is('shape', 'after', 'other')], paint: { 'fill-color': p.accent, 'fill-opacity': 0.1 } },
    { id: 'edit-gone', type: 'fill', source, filter: ['all', isArea, is('gone')], paint: { 'fill-color': p.text, 'fill-opacity': 0.18 } },
    { id: 'edit-halo', type: 'line', source, filter: is('shape', 'after', 'line', 'before', 'gone'), layout: round, paint: { 'line-color': p['m-halo'], 'line-width': 5 } },
    { id: 'edit-before', type: 'line', source, filter: is('before', 'gone'), layout: round, paint: { 'line-color': p.text, 'line-width': 1.6, 'line-dasharray': [3, 2.4] } },
    { id: 'edit-other', type: 'line', source, filter: is('other'), layout: round, paint: { 'line-color': p.accent, 'line-width': 1.4 } },
    { id: 'edit-line', type: 'line', source, filter: is('shape', 'after', 'line'), layout: round, paint: { 'line-color': p.accent, 'line-width': 2.2 } },
    { id: 'edit-point', type: 'circle', source, filter: ['all', isPoint, is('shape', 'after', 'other')], paint: { 'circle-radius': 7, 'circle-color': p.accent, 'circle-stroke-width': 2, 'circle-stroke-color': p['m-halo'] } },
    { id: 'edit-point-before', type: 'circle', source, filter: ['all', isPoint, is('before', 'gone')], paint: { 'circle-radius': 7, 'circle-color': 'transparent', 'circle-stroke-width': 2, 'circle-stroke-color': p.text } },
    {
      id: 'edit-words', type: 'symbol', source, filter: is('edge'),
      layout: { 'text-field': ['get', 'words'], 'text-font': strongWords, 'text-size': 11, 'symbol-placement': 'line-center', 'text-offset': [0, 1] },
      paint: { 'text-color': p.accent, 'text-halo-color': p['m-halo'], 'text-halo-width': 1.8 },
    },
    dot('edit-middle', 'middle', 3, p.field, p.accent, 1.4),
    dot('edit-vertex', 'vertex', 5, p.field, p.accent),
    dot('edit-active', 'active', 6, p.accent, p.field),
    dot('edit-caught', 'caught', 9, 'transparent', p.text),
    { id: 'edit-problem', type: 'line', source, filter: is('problem'), layout: round, paint: { 'line-color': p.text, 'line-width': 2.4 } },
    { id: 'edit-problem-area', type: 'fill', source, filter: ['all', isArea, is('problem')], paint: { 'fill-color': p.text, 'fill-opacity': 0.42 } },
    dot('edit-problem-disc', 'disc', 9, p.ink, p['m-halo']),
    {
      id: 'edit-problem-words', type: 'symbol', source, filter: is('disc'),
      layout: { 'text-field': ['get', 'words'], 'text-font': strongWords, 'text-size': 11, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': p['on-ink'] },
    },
  ]
}

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
    ...editLayers(p),
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
