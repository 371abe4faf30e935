// The state of the map page in its address, so that a link shows what its sender
// saw. Pure: reading and writing of the query alone.

/** Where the map looks: degrees and zoom. */
export interface View {
  lat: number
  lon: number
  zoom: number
}

/** A layer that is shown, with its opacity from 0 to 1. */
export interface Shown {
  slug: string
  opacity: number
}

/** One feature. */
export interface Chosen {
  layer: string
  fid: string
}

/** What a link to the map says. Absent parts are left to the page. */
export interface Address {
  view?: View
  layers?: Shown[]
  hidden: string[] // layers of the ground that are switched off
  chosen?: Chosen
  day: string // yyyy-mm-dd, empty for today
  table: string // layer whose table is open, or empty
  edit: string // layer that is being edited, or empty
  draft?: number // which of its drafts, where somebody has chosen one
  changes: string // 'list' or the number of the open changeset, or empty
}

const slug = /^[a-z][a-z0-9_]{0,62}$/
const isDay = (s: string) => /^\d{4}-\d{2}-\d{2}$/.test(s) && !Number.isNaN(Date.parse(s))

/** Reads a query; what is not well formed counts as absent. */
export function readAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const view = query.get('xem')?.split(',').map(Number) ?? []
  const day = query.get('ngay') ?? ''
  const table = query.get('bang') ?? ''
  const [edit = '', draft = ''] = query.get('sua')?.split('.') ?? []
  const changes = query.get('thay-doi') ?? ''
  const [layer, fid] = query.get('chon')?.split('.') ?? []
  return {
    ...(isView(view) && { view: { lat: view[0], lon: view[1], zoom: view[2] } }),
    ...(query.has('lop') && { layers: list(query.get('lop')).map(readShown).filter((s) => s !== undefined) }),
    ...(layer && slug.test(layer) && fid && /^\d{1,18}$/.test(fid) && { chosen: { layer, fid } }),
    hidden: list(query.get('an')).filter((s) => slug.test(s)),
    day: isDay(day) ? day : '',
    table: slug.test(table) ? table : '',
    edit: slug.test(edit) ? edit : '',
    ...(slug.test(edit) && /^[1-9]\d{0,14}$/.test(draft) && { draft: Number(draft) }),
    changes: /^(list|\d{1,18})$/.test(changes) ? changes : '',
  }
}

function isView(v: number[]): v is [number, number, number] {
  return v.length === 3 && v.every(Number.isFinite) && Math.abs(v[0]!) <= 85 && Math.abs(v[1]!) <= 180 && v[2]! >= 0 && v[2]! <= 24
}

const list = (text: string | null) => (text ? text.split(',') : [])

function readShown(text: string): Shown | undefined {
  const [name, percent] = text.split('~')
  if (!name || !slug.test(name)) return undefined
  const opacity = percent === undefined ? 1 : Number(percent) / 100
  return { slug: name, opacity: opacity >= 0 && opacity <= 1 ? opacity : 1 }
}

/** Writes the state into a query that keeps what else it held, such as the language. */
export function writeAddress(a: Address, search: string): string {
  const query = new URLSearchParams(search)
  const set = (key: string, value: string | undefined) => (value === undefined || value === '' ? query.delete(key) : query.set(key, value))
  set('xem', a.view && `${a.view.lat.toFixed(5)},${a.view.lon.toFixed(5)},${a.view.zoom.toFixed(2)}`)
  set('chon', a.chosen && `${a.chosen.layer}.${a.chosen.fid}`)
  set('an', a.hidden.join(','))
  set('ngay', a.day)
  set('bang', a.table)
  set('sua', a.edit && a.draft ? `${a.edit}.${a.draft}` : a.edit)
  set('thay-doi', a.changes)
  if (a.layers) query.set('lop', a.layers.map((s) => (s.opacity === 1 ? s.slug : `${s.slug}~${Math.round(s.opacity * 100)}`)).join(','))
  else query.delete('lop')
  return query.toString().replaceAll('%2C', ',').replaceAll('%7E', '~')
}
