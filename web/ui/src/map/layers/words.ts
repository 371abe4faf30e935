// The catalogue's codes in the words of the office.
import { number } from '../../lib/format'
import { locale } from '../../lib/locale.svelte'
import { m } from '../../paraglide/staff/messages'
import { roleWord } from '../../room/roles'
import { agencyName, text } from '../catalogue.svelte'
import type { ColumnType } from '../types'
import type { Entry, ProblemKind, Right, TopologyRule, Verb } from './contract'
import { store } from './store.svelte'

const verbWords: Record<Verb, () => string> = { see: m.cat_see, edit: m.cat_edit_right, review: m.cat_review_right, export: m.cat_export_right }
export const verbWord = (v: Verb): string => verbWords[v]()

export const geometries = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon', 'Geometry'] as const
const geometryWords: Record<string, () => string> = {
  Point: m.cat_geom_point, MultiPoint: m.cat_geom_points, LineString: m.cat_geom_line, MultiLineString: m.cat_geom_lines,
  Polygon: m.cat_geom_area, MultiPolygon: m.cat_geom_areas, Geometry: m.cat_geom_any,
}
export const geometryWord = (g: string): string => geometryWords[g]?.() ?? g

export const columnTypes: readonly ColumnType[] = ['text', 'integer', 'number', 'boolean', 'date', 'datetime', 'code']
const typeWords: Record<ColumnType, () => string> = {
  text: m.cat_type_text, integer: m.cat_type_integer, number: m.cat_type_number, boolean: m.cat_type_boolean, date: m.cat_type_date,
  datetime: m.cat_type_datetime, code: m.cat_type_code,
}
export const typeWord = (t: ColumnType): string => typeWords[t]()

export const reviewWord = (r: string): string => (r === 'approve' ? m.cat_review_approve() : m.cat_review_none())

/** Who somebody is that has a right. */
export function granteeWord(grantee: string): string {
  const [kind, name = ''] = grantee.split(/:(.*)/s)
  switch (kind) {
    case 'public': return m.cat_public()
    case 'staff': return m.cat_staff()
    case 'role': return m.cat_role({ name: roleWord(name) })
    case 'agency': return agencyName(name)
    default: return m.cat_account({ name })
  }
}

/** Who may see a layer, the widest alone: who may do anything with it may see it. */
export function seenBy(e: Pick<Entry, 'rights'>): string {
  const all = [...new Set(e.rights.map((r) => r.grantee))]
  if (e.rights.some((r) => r.grantee === 'public')) return m.cat_public()
  if (all.includes('staff')) return m.cat_staff()
  const [first, ...rest] = all
  if (first === undefined) return m.cat_admins()
  return rest.length ? m.cat_and_more({ name: granteeWord(first), n: rest.length }) : granteeWord(first)
}

export const countText = (n: number): string => (n < 0 ? '–' : number(n, 0, locale()))

export const listTitle = (slug: string | undefined): string => text(store.lists?.find((l) => l.slug === slug)?.title) || (slug ?? '')

/** What an edit by that right is bound to. */
export function boundWord(r: Right): string {
  const bounds = [...(r.units?.length ? [r.units.join(', ')] : []), ...(r.columns?.length ? [r.columns.join(', ')] : [])]
  return bounds.length > 0 ? m.cat_right_only({ bounds: bounds.join(' · ') }) : m.cat_right_unbound()
}

const problemWords: Record<ProblemKind, () => string> = { overlap: m.cat_topology_overlap, gap: m.cat_topology_gap, sliver: m.cat_topology_sliver, outside: m.cat_topology_outside, area: m.cat_topology_area }
export const problemWord = (kind: ProblemKind): string => problemWords[kind]()
export const severityWord = (s: TopologyRule['severity']): string => (s === 'block' ? m.cat_topology_block() : m.cat_topology_warn())
