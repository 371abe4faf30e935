// What the server says of imports (/api/v1/imports). Lists may be null where they are empty.
import type { Text } from '../../lib/types'

export type ImportState =
  'uploading' | 'uploaded' | 'examining' | 'examined' | 'checking' | 'checked' | 'applying' | 'applied' | 'failed' | 'cancelled' | 'expired'

export interface CRSCandidate {
  crs: string
  name: Text
  swapped: boolean
  inside: number // share of vertices within the province, 0 to 1
  where: string
}

export interface EncodingGuess {
  encoding: string
  share: number
  samples: { before: string; after: string }[] | null
}

export interface SourceField {
  name: string
  type: string
  nulls: number
  samples: string[] | null
}

export interface SourceLayer {
  name: string
  features: number
  vertices: number
  geometries: Record<string, number>
  fields: SourceField[] | null
  crs: { declared: string; chosen: string; swapped: boolean; candidates: CRSCandidate[] | null; remark: Text }
  encoding: { chosen: string; guesses: EncodingGuess[] | null }
  problem: Text
}

export interface Report {
  read: number
  fine: number
  refused: number
  mended: number
  added: number
  changed: number
  gone: number
  unnamed?: number
  same: number
  columns: Record<string, number> | null
  fresh: boolean
  mapped: { column: string; field: string }[] | null
  unused: string[] | null
  crs: string
  swapped: boolean
  encoding: string
  extent: number[] | null // west, south, east, north
  warnings: Text[] | null
  picture?: Picture
}

/** What a GeoTIFF becomes; its tiles are counted when it is applied. */
export interface Picture {
  crs: string
  width: number
  height: number
  resolution: number // metres on the ground a pixel
  minZoom: number
  maxZoom: number
  tiles: number
  bytes: number
}

export interface PictureFinding {
  width: number
  height: number
  bands: string
  declared: string
  chosen: string
  candidates: CRSCandidate[] | null
  remark: Text
}

export interface NewLayer {
  template?: string
  title: Text
  owner: string
  sector?: string
  visibleTo?: 'owner' | 'staff'
}

/** What people decide; what is empty is found out by the server. */
export interface Options {
  sourceLayer?: string
  layer?: string
  new?: NewLayer
  crs?: string
  swapped?: boolean
  encoding?: string
  map?: Record<string, string>
  skipRefused?: boolean
  keepInvalid?: boolean
  deleteGone?: boolean
  key?: string[] // of a new layer: columns, or fields of the file
  period?: { from?: string; until?: string } // of a dated layer, for all features
  taken?: string // of a picture, yyyy-mm-dd
  source?: string
}

export interface Import {
  id: number
  layer: string
  by: string
  state: ImportState
  fileName: string
  fileSize: number
  received: number
  options: Options
  findings?: { format: string; layers: SourceLayer[]; picture?: PictureFinding }
  report?: Report
  text: Text // why the last stage failed
  createdAt: string
  updatedAt: string
  expiresAt: string
  progress?: { state: string; stage: string; done: number; total: number; text: Text }
}

export interface Remark {
  feature: number
  kind: 'refused' | 'mended'
  field: string
  key: string
  text: Text
}

/** The server is at work on it, or will be as soon as there is room. */
export const atWork = (i: Pick<Import, 'state' | 'progress'>): boolean =>
  !ended(i.state) && (['examining', 'checking', 'applying'].includes(i.state) || i.progress?.state === 'waiting' || i.progress?.state === 'running')

/** States from which nothing goes on. */
export const ended = (s: ImportState): boolean => s === 'applied' || s === 'cancelled' || s === 'expired'

/** Where in the story an import stands: 0 upload, 1 what is in it, 2 what would change, 3 applied. */
export function stepOf(i: Pick<Import, 'state' | 'findings' | 'report'>): number {
  if (i.state === 'applied') return 3
  if (i.report && (i.state === 'checked' || i.state === 'applying')) return 2
  return i.findings ? 1 : 0
}
