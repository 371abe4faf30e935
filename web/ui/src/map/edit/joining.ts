// One person's draft, changed in two places at once: what was done here is done to what
// was made of it there, field by field, so that neither undoes the other. Pure.
import { changedIn, same, type Draft, type Working } from './draft'
import type { Version } from './contract'

type Maybe = Working | undefined

const alikeOne = (a: Maybe, b: Maybe) => a === b || (a !== undefined && b !== undefined && same(a, b))
const empty: Version = { properties: {}, geometry: null }

/** What leads from one version to another, done to a third. */
function onto(from: Version, to: Version, there: Version): Version {
  const names = changedIn({ before: from, after: to })
  const columns = names.filter((n) => n !== 'geometry').map((n) => [n, to.properties[n] ?? null])
  return { properties: { ...there.properties, ...Object.fromEntries(columns) }, geometry: names.includes('geometry') ? to.geometry : there.geometry }
}

/** One feature: what was done to it here since it was known, done to what the server has of it now. */
export function joinedOne(known: Maybe, mine: Maybe, theirs: Maybe): Maybe {
  if (alikeOne(known, theirs)) return mine
  if (alikeOne(known, mine) || alikeOne(mine, theirs)) return theirs
  if (mine?.op === 'delete' || (!mine && known?.op === 'insert')) return mine // who deletes means all of it
  if (!mine && known?.op === 'delete') return theirs
  if (mine && (theirs?.op === 'delete' || (!theirs && mine.op === 'insert'))) return mine
  return fieldByField(known, mine, theirs)
}

function fieldByField(known: Maybe, mine: Maybe, theirs: Maybe): Maybe {
  const one = (theirs ?? mine ?? known)!
  const before = (known ?? mine)?.before ?? empty
  const after = onto(known?.after ?? before, mine?.after ?? before, theirs?.after ?? before)
  const whole: Working = { ...one, after }
  return whole.op === 'update' && changedIn(whole).length === 0 ? undefined : whole
}

/** The whole draft. */
export function joined(known: Draft, mine: Draft, theirs: Draft): Draft {
  const fids = new Set([...theirs.keys(), ...mine.keys(), ...known.keys()])
  return new Map([...fids].flatMap((fid) => {
    const w = joinedOne(known.get(fid), mine.get(fid), theirs.get(fid))
    return w ? [[fid, w] as const] : []
  }))
}

/** What was done to a feature after the draft that had it was handed in, as an edit of its own. */
export function sinceOne(known: Maybe, mine: Maybe): Maybe {
  if (!mine || alikeOne(known, mine)) return undefined
  if (!known?.after || !mine.after) return mine
  if (known.op === 'insert') return { ...mine, op: 'update', baseVersion: 1, before: known.after } // as it was applied
  return { ...mine, after: onto(known.after, mine.after, mine.before ?? empty) }
}

/** The same of a whole draft. */
export const since = (known: Draft, mine: Draft): Draft =>
  new Map([...mine].flatMap(([fid, w]) => {
    const rest = sinceOne(known.get(fid), w)
    return rest ? [[fid, rest] as const] : []
  }))
