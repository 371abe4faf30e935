// From what the server says of a layer to what MapLibre draws: names that do not
// clash, colours of the theme, the reader's opacity. Pure.
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import { strongWords, words } from '../lib/map/base'
import { tileScheme } from '../lib/map/tiles'
import { shownColour, type Look, type Use } from './tone'
import { extentOf, shapeOf, type Drawn, type MapLayer } from './types'

/** The name of a layer's source, and the beginning of the names of all that is drawn from it. */
export const sourceName = (slug: string): string => `l:${slug}`

/** The slug of the layer a drawn layer belongs to; undefined for the ground and the page's own marks. */
export const slugOf = (drawn: { source?: unknown }): string | undefined =>
  typeof drawn.source === 'string' && drawn.source.startsWith('l:') ? drawn.source.slice(2) : undefined

/** Where a layer's tiles come from, on the day asked for when it knows days. */
export function tileAddress(layer: Pick<MapLayer, 'tiles' | 'dated'>, day: string): string {
  const address = `${tileScheme}:/${layer.tiles}`
  return layer.dated && day ? `${address}${layer.tiles.includes('?') ? '&' : '?'}day=${day}` : address
}

export function sourceOf(layer: MapLayer, day: string): SourceSpecification {
  const bounds = extentOf(layer) // the engine asks for nothing beyond them
  const common = { tiles: [tileAddress(layer, day)], minzoom: layer.minZoom, maxzoom: layer.maxZoom, ...(bounds && { bounds }) }
  if (layer.kind === 'raster') return { type: 'raster', tileSize: 256, ...common }
  return { type: 'vector', ...common }
}

/** The drawn layers of one catalogue entry. */
export function drawnLayers(layer: MapLayer, opacity: number, look: Look): LayerSpecification[] {
  const source = sourceName(layer.slug)
  if (layer.kind === 'raster') return [{ id: source, type: 'raster', source, paint: { 'raster-opacity': opacity, 'raster-fade-duration': 0 } }]
  return layer.styleLayers.map((drawn, i) => ({
    'source-layer': layer.slug,
    ...drawn,
    id: `${source}/${drawn.id || i}`,
    source,
    minzoom: Math.max(layer.minZoom, drawn.minzoom ?? 0),
    layout: written(drawn),
    paint: painted(drawn, opacity, look, shapeOf(layer) === 'area'),
  })) as LayerSpecification[]
}

/** Words are written with the fonts that the page has. */
function written(drawn: Drawn): object {
  if (drawn.type !== 'symbol' || !drawn.layout || !('text-field' in drawn.layout)) return drawn.layout ?? {}
  const strong = JSON.stringify((drawn.layout as { 'text-font'?: unknown })['text-font'] ?? '').match(/bold|strong/i)
  return { ...drawn.layout, 'text-font': strong ? strongWords : words }
}

const opacities: Record<string, string[]> = {
  fill: ['fill-opacity'], line: ['line-opacity'], circle: ['circle-opacity', 'circle-stroke-opacity'], symbol: ['text-opacity', 'icon-opacity'],
}

function painted(drawn: Drawn, opacity: number, look: Look, area: boolean): object {
  const paint: Record<string, unknown> = { ...drawn.paint }
  for (const [name, value] of Object.entries(paint)) {
    const use = name === 'fill-color' ? 'ground' : area && drawn.type === 'line' ? 'edge' : 'mark'
    if (name.endsWith('color')) paint[name] = /halo|circle-stroke/.test(name) ? haloed(value, look) : toned(value, use, look)
  }
  if (drawn.type === 'fill' && look !== 'given' && !('fill-opacity' in paint && Array.isArray(paint['fill-opacity']))) paint['fill-opacity'] = quietOpacity
  if (alongLine(drawn)) paint['text-halo-width'] = Math.max(lineHalo, Number(paint['text-halo-width']) || 0)
  if (opacity < 1) for (const name of opacities[drawn.type] ?? []) paint[name] = scaled(paint[name] ?? 1, opacity)
  return paint
}

/** Whether words are written along a line: its colour would show between them through a narrow halo. */
const alongLine = (drawn: Drawn) => drawn.type === 'symbol' && (drawn.layout as { 'symbol-placement'?: unknown } | undefined)?.['symbol-placement'] === 'line'
const lineHalo = 2.2

const quietOpacity = 0.85 // quiet colours need no ground to shine through

/** An expression with every colour in it as the look has it. */
function toned(value: unknown, use: Use, look: Look): unknown {
  if (typeof value === 'string') return shownColour(value, use, look)
  return Array.isArray(value) ? value.map((part) => toned(part, use, look)) : value
}

/** What lies around words and points is of the colour of the ground. */
const haloed = (value: unknown, look: Look): unknown => (look === 'dim' ? toned(value, 'ground', look) : value)

/** An opacity times k. Zoom may stand only at the outside of an expression, so its stops are scaled one by one. */
export function scaled(value: unknown, k: number): unknown {
  if (typeof value === 'number') return value * k
  if (Array.isArray(value) && value[0] === 'interpolate') return value.map((part, i) => (i > 3 && i % 2 === 0 ? scaled(part, k) : part))
  if (Array.isArray(value) && value[0] === 'step') return value.map((part, i) => (i > 1 && i % 2 === 0 ? scaled(part, k) : part))
  return ['*', value, k]
}
