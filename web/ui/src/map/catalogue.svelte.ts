// The layers this reader may see, read from the server, and the words around them.
import { call, Problem } from '../lib/api'
import { baseSlugs } from '../lib/map/base'
import { locale } from '../lib/locale.svelte'
import { textIn, type Text } from '../lib/types'
import { m } from '../paraglide/staff/messages'
import { plain } from '../room/stations'
import type { CodeList, MapCatalogue, MapLayer } from './types'

let list = $state.raw<MapLayer[] | undefined>()
let words = $state.raw<Omit<MapCatalogue, 'layers'>>({ codeLists: [], agencies: [], sectors: [] })
let problem = $state.raw<Problem | undefined>()

/** The layers; undefined until read. Reactive. */
export const layers = (): MapLayer[] | undefined => list
export const layersProblem = (): Problem | undefined => problem

export const layerOf = (slug: string): MapLayer | undefined => list?.find((l) => l.slug === slug)
export const isGround = (slug: string): boolean => (baseSlugs as readonly string[]).includes(slug)
export const text = (t: Text | undefined): string => textIn(t, locale())

/** Reads the layers, also again; what was read before stays when that fails. */
export async function readLayers(): Promise<void> {
  try {
    const { layers, ...rest } = await call<MapCatalogue>('/map/layers')
    list = layers.map((l) => ({ ...l, columns: l.columns ?? [], key: l.key ?? [], styleLayers: l.styleLayers ?? [], legend: l.legend ?? [] }))
    words = { codeLists: rest.codeLists ?? [], agencies: rest.agencies ?? [], sectors: rest.sectors ?? [] }
    problem = undefined
  } catch (cause) {
    problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
  }
}

const named = (list: readonly { code: string; name: Text }[], code: string) => text(list.find((x) => x.code === code)?.name) || code

export const agencies = (): readonly { code: string; name: Text }[] => words.agencies
export const agencyName = (code: string): string => named(words.agencies, code)
export const sectors = (): readonly { code: string; name: Text }[] => words.sectors
export const sectorName = (code: string): string => named(words.sectors, code)

/** What a code of a list says; the code itself when the list never knew it. */
export const codeLabel = (listSlug: string | undefined, code: string): string => labelIn(words.codeLists.find((l) => l.slug === listSlug), code)

export function labelIn(list: CodeList | undefined, code: string): string {
  const label = (one: string) => text(list?.codes.find((c) => c.code === one)?.label) || withdrawnLabel(list, one)
  return label(code) || code.split('+').map((one) => label(one) || one).join(' + ')
}

/** The codes of a list in force today. */
export const codesOf = (listSlug: string | undefined): CodeList['codes'] => words.codeLists.find((l) => l.slug === listSlug)?.codes ?? []

function withdrawnLabel(list: CodeList | undefined, code: string): string {
  const label = text(list?.withdrawn?.find((c) => c.code === code)?.label)
  return label && m.map_withdrawn({ label })
}

/** Where a list of codes comes from, for the legend. */
export const codeSource = (listSlug: string | undefined): string => words.codeLists.find((l) => l.slug === listSlug)?.source ?? ''

export interface Group {
  key: string
  name: string
  layers: MapLayer[]
}

/** The layers whose words hold all of the search, in groups by owner or sector; the ground last. */
export function grouped(all: readonly MapLayer[], by: 'owner' | 'sector', search: string, groundName: string): Group[] {
  const wanted = plain(search.trim()).split(/\s+/).filter(Boolean)
  const groups = new Map<string, Group>()
  for (const layer of all) {
    const words = plain(`${layer.title.vi} ${layer.title.en} ${layer.description?.vi ?? ''} ${layer.theme} ${layer.slug}`)
    if (!wanted.every((w) => words.includes(w))) continue
    const ground = isGround(layer.slug)
    const key = ground ? '~' : by === 'owner' ? layer.owner : layer.sector
    const name = ground ? groundName : by === 'owner' ? agencyName(key) : sectorName(key)
    const group = groups.get(key) ?? { key, name, layers: [] }
    group.layers.push(layer)
    groups.set(key, group)
  }
  for (const g of groups.values()) g.layers.sort((a, b) => text(a.title).localeCompare(text(b.title), locale()))
  return [...groups.values()].sort((a, b) => Number(a.key === '~') - Number(b.key === '~') || a.name.localeCompare(b.name, locale()))
}
