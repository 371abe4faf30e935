// What the server says of the map's layers (GET /api/v1/map/layers).
import type { LayerSpecification } from 'maplibre-gl'
import type { Text } from '../lib/types'

export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'datetime' | 'code'

export interface Column {
  name: string
  type: ColumnType
  label: Text
  unit?: string
  codeList?: string
  fromZoom?: number | null // absent: tiles never carry it
  required?: boolean
  readOnly?: boolean
}

/** One sign of a layer and what it stands for. */
export interface LegendEntry {
  label: Text
  kind: string // fill, line or point
  colour?: string
  outline?: string
  dash?: number[] | null
  code?: string
}

/** A style layer as MapLibre has it, without its source. */
export type Drawn = Omit<LayerSpecification, 'source'> & { paint?: object; layout?: object; filter?: unknown }

export interface MapLayer {
  slug: string
  title: Text
  description: Text
  sector: string
  theme: string
  owner: string
  geometry: string
  kind: 'vector' | 'raster'
  minZoom: number
  maxZoom: number
  dated: boolean
  historyFrom?: string | null // from when it is known how its features were
  simulated: boolean
  attribution: string
  licence: string
  updateRhythm: string
  columns: Column[]
  key: string[] // columns that name a feature for people
  class: string // column that is coloured by
  label: string
  bounds: [west: number, south: number, east: number, north: number] // all 0: not known
  styleLayers: Drawn[]
  legend: LegendEntry[]
  tiles: string
  count: number // about; -1: not known
  open: boolean // anybody may see it
  may: string[] // see, edit, review, export
  review: string // approve: edits count once somebody has approved them
}

export interface Code {
  code: string
  label: Text
  colour?: string
}

export interface CodeList {
  slug: string
  title: Text
  source: string
  validFrom: string
  codes: Code[]
  withdrawn?: Code[] // no longer in the list, and still in features
}

/** The answer of GET /api/v1/map/layers; lists may be null where they are empty. */
export interface MapCatalogue {
  layers: MapLayer[]
  codeLists: CodeList[]
  agencies: { code: string; name: Text }[]
  sectors: { code: string; name: Text }[]
}

export type Shape = 'area' | 'line' | 'point' | 'raster' | 'mixed'

/** What a layer's features are. */
export function shapeOf(layer: Pick<MapLayer, 'kind' | 'geometry'>): Shape {
  if (layer.kind === 'raster') return 'raster'
  if (/point/i.test(layer.geometry)) return 'point'
  if (/line/i.test(layer.geometry)) return 'line'
  return /polygon/i.test(layer.geometry) ? 'area' : 'mixed'
}

/** The zoom from which a layer is drawn. Pictures have tiles half as wide as the others', so theirs come a zoom earlier. */
export const firstZoom = (layer: Pick<MapLayer, 'kind' | 'minZoom'>): number => layer.minZoom - (layer.kind === 'raster' ? 1 : 0)

/** Where a layer lies; undefined when nobody knows. */
export const extentOf = ({ bounds: [w, s, e, n] }: Pick<MapLayer, 'bounds'>): MapLayer['bounds'] | undefined => (e >= w && n >= s && (e !== 0 || n !== 0) ? [w, s, e, n] : undefined)

/** What is drawn below what: pictures, areas, lines, points. */
export const rankOf = (layer: Pick<MapLayer, 'kind' | 'geometry'>): number =>
  ['raster', 'area', 'mixed', 'line', 'point'].indexOf(shapeOf(layer))
