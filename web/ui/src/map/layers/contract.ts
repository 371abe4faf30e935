// What the server says of the catalogue's entries (/api/v1/layers) and of code lists
// (/api/v1/code-lists). Lists may be null where they are empty.
import type { Code, Column } from '../types'
import type { Text } from '../../lib/types'

export type Verb = 'see' | 'edit' | 'review' | 'export'
export const verbs: readonly Verb[] = ['see', 'edit', 'review', 'export']

export interface Right {
  verb: Verb
  grantee: string // public, staff, role:…, agency:… or account:…
  units?: string[] // administrative units that an edit must lie in; none: anywhere
  columns?: string[] // columns, and geometry, that may be changed; none: all
}

export const problemKinds = ['overlap', 'gap', 'sliver', 'outside', 'area'] as const
export type ProblemKind = (typeof problemKinds)[number]

/** How strictly one kind of problem is taken; 0 and absent: the server's own value. */
export interface TopologyRule {
  severity: 'warn' | 'block'
  tolerance?: number // m², m
  column?: string // of area
  percent?: number // of area
}
export type Topology = Partial<Record<ProblemKind, TopologyRule>>

/** What is absent or 0 has the server's own value: grey, 0.6, 1 px, 4 px. */
export interface Style {
  fill?: string
  opacity?: number
  line?: string
  width?: number
  dash?: number[] | null
  point?: string
  radius?: number
  labelFrom?: number
}

/** What of an entry can be said anew. */
export interface Words {
  owner: string
  title: Text
  description: Text
  sector: string
  theme: string
  licence: string
  updateRhythm: string
  attribution: string
  key: string[]
  class: string
  label: string
  search: string[]
  minZoom: number
  maxZoom: number
  style: Style
  review: 'none' | 'approve'
  topology: Topology
  rights: Right[]
}

export interface Entry extends Words {
  slug: string
  kind: 'vector' | 'raster'
  template: string
  geometry: string
  columns: Column[]
  dated: boolean
  coverage: boolean
  simulated: boolean
  crs: string
  etag: string
  manage: boolean // you may change it
  own: boolean // not of the base map
  count: number // -1: not known
  changedAt: string | null
}

export interface ColumnEdit {
  label?: Text
  unit?: string
  readOnly?: boolean
  fromZoom?: number // -1: never
}

export type Edit = Partial<Words> & { columns?: Record<string, ColumnEdit>; addColumns?: Column[] }

export interface Template {
  name: string
  layer: Entry
}

export interface System {
  code: string
  name: Text
}

export interface ListCode extends Code {
  parent?: string
}

/** One version of a code list; the list of versions leaves the codes out. */
export interface ListVersion {
  slug: string
  title: Text
  version: number
  validFrom: string
  source: string
  note: string
  recordedAt: string
  recordedBy: string
  codes: ListCode[]
  etag?: string
}
