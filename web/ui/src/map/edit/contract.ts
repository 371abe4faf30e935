// What the server says of changesets (/api/v1/changesets) and of one feature's editing.
import type { Geometry } from 'geojson'
import type { Column } from '../types'
import type { Text } from '../../lib/types'

export type Op = 'insert' | 'update' | 'delete'
export type State = 'draft' | 'submitted' | 'approved' | 'applied' | 'rejected' | 'reverted' | 'dropped'
export type Values = Record<string, unknown>

export interface Version {
  properties: Values
  geometry: Geometry | null
}

/** What an edit would overwrite unseen. field: a column, "geometry", or "*" where one deletes what the other changes. */
export interface Conflict {
  fid: number
  field: string
  now_version: number | null // null: the feature is gone
  base: unknown
  theirs: unknown
  mine: unknown
}

export interface EditView {
  fid: number
  n: number
  op: Op
  baseVersion: number | null
  before: Version | null
  after: Version | null
  changed: string[]
  conflicts: Conflict[]
}

export interface Remark {
  n: number
  kind: string
  severity: 'warn' | 'block'
  fid: number | null
  otherFid: number | null
  geometry: Geometry | null
  text: Text
}

export interface Note {
  at: string
  by: string
  byName: string
  kind: string
  text: string
}

export type Act = 'edit' | 'submit' | 'approve' | 'reject' | 'apply' | 'revert' | 'reopen' | 'drop' | 'comment'

export interface Changeset {
  id: number
  layer: string
  title: string
  state: State
  source: string
  author: string
  authorName: string
  reverts: number | null
  revertedBy: number | null
  createdAt: string
  updatedAt: string
  submittedAt: string | null
  decidedBy: string | null
  decidedAt: string | null
  appliedAt: string | null
  etag: string
  may: Record<Act, boolean>
  counts: { insert: number; update: number; delete: number; problems: number; blocking: number }
  edits: EditView[]
  problems: Remark[]
  notes: Note[]
}

/** What an editor of a layer needs to know. */
export interface Editing {
  layer: string
  mayEdit: boolean
  mayReview: boolean
  columns: Column[]
  geometry: string
  crs: string
  drafts: Changeset[]
}

/** A feature as it is or was, with who made it so. */
export interface Past {
  fid: number
  rowVersion: number
  from: string
  until: string | null
  changeset: number | null
  by: string
  byName: string
  why: string
  source: string
  endedBy: number | null // changeset
  properties: Values
  reshaped: boolean // in a list: another shape than the version before
  geometry: Geometry | null // of one that was asked for by itself
}

/** One edit on its way to the server. */
export interface Sent {
  op: Op
  fid?: number
  baseVersion?: number
  properties?: Values
  geometry?: Geometry
  crs?: 'storage' | 'crs84'
}
