// What a layer's columns ask of a feature, and what they pass on to a piece of it. Pure.
import type { Column } from '../types'
import type { Version } from './contract'
import type { Working } from './draft'

const areaUnits = new Set(['m2', 'har', 'km2'])

/** Columns that must be filled in first. */
export function missing(columns: readonly Column[], w: Working): Column[] {
  if (w.op === 'delete') return []
  return columns.filter((c) => c.required && !c.readOnly && [null, undefined, ''].includes(w.after?.properties[c.name] as null))
}

/** What a piece has from the whole: not the part of its key that numbers it, nor an area that was the whole's. */
export function inherited(columns: readonly Column[], number: string | undefined, whole: Version): Version['properties'] {
  const passes = (c: Column) => !c.readOnly && c.name !== number && !areaUnits.has(c.unit ?? '')
  return Object.fromEntries(columns.filter(passes).map((c) => [c.name, whole.properties[c.name] ?? null]))
}
