// The addresses below /ban-do/lop. Slugs have no hyphens, so fixed words with one
// clash with none. Pure.

export const home = '/ban-do/lop'
export const listsHome = `${home}/danh-muc`

/** The parts of an entry that have a form of their own. */
export const parts = ['mo-ta', 'cot', 'kieu-ve', 'kiem-tra', 'quyen'] as const
export type Part = (typeof parts)[number]

export type Place =
  | { at: 'table' | 'new' | 'lists' | 'new-list' }
  | { at: 'layer'; slug: string; part?: Part }
  | { at: 'list'; slug: string; version: number; edit: boolean } // version 0: the newest

const slug = /^[a-z][a-z0-9_]{0,40}$/

/** Where an address leads; undefined: nowhere. */
export function placeOf(path: string): Place | undefined {
  const [first, second, third, ...more] = path.slice(home.length).split('/').filter(Boolean)
  if (more.length) return undefined
  if (first === undefined) return { at: 'table' }
  if (first === 'danh-muc') return listPlace(second, third)
  if (third !== undefined) return undefined
  if (first === 'tao-moi') return second ? undefined : { at: 'new' }
  if (!slug.test(first)) return undefined
  if (second === undefined) return { at: 'layer', slug: first }
  const part = parts.find((p) => p === second)
  return part && { at: 'layer', slug: first, part }
}

function listPlace(name: string | undefined, what: string | undefined): Place | undefined {
  if (name === undefined) return { at: 'lists' }
  if (name === 'tao-moi') return what ? undefined : { at: 'new-list' }
  if (!slug.test(name)) return undefined
  if (what === undefined || what === 'sua') return { at: 'list', slug: name, version: 0, edit: what === 'sua' }
  return /^[1-9]\d{0,5}$/.test(what) ? { at: 'list', slug: name, version: Number(what), edit: false } : undefined
}

export const layerAddress = (slug: string, part?: Part): string => `${home}/${slug}${part ? `/${part}` : ''}`
export const listAddress = (slug: string, version?: number | 'sua'): string => `${listsHome}/${slug}${version ? `/${version}` : ''}`
