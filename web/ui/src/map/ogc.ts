// Features through the house's own OGC API, the same that other programs read.
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import { Problem } from '../lib/api'
import { locale } from '../lib/locale.svelte'
import type { Chosen } from './address'
import { past } from './past.svelte'

export type Item = Feature<Geometry | null, Record<string, unknown>>

/** One page of a collection. */
export interface Items extends FeatureCollection<Geometry, Record<string, unknown>> {
  numberMatched?: number
  numberReturned?: number
  links?: { rel: string; href: string }[]
}

const timeoutMs = 15_000

export const itemAddress = ({ layer, fid }: Chosen): string => `/ogc/collections/${layer}/items/${fid}`

export const readItem = (chosen: Chosen, signal: AbortSignal): Promise<Item> => read(itemAddress(chosen) + (past.at(chosen.layer) && `?at=${past.at(chosen.layer)}`), signal)

/** What a list is in order of. */
export interface Order {
  column: string // several with commas between; empty: the features' numbers
  down: boolean
}

/** The first features of a layer within a box; the next ones are read by their link. */
export function itemsAddress(layer: string, box: readonly number[], limit: number, day: string, order: Order): string {
  const query = new URLSearchParams({ bbox: box.map((n) => n.toFixed(6)).join(','), limit: String(limit) })
  if (order.column) query.set('sortby', order.column.split(',').map((c) => (order.down ? '-' : '') + c).join(','))
  if (past.at(layer)) query.set('at', past.at(layer))
  if (day) query.set('datetime', `${day}T05:00:00Z`) // noon in Việt Nam
  return `/ogc/collections/${layer}/items?${query}`
}

export const readItems = (address: string, signal: AbortSignal): Promise<Items> => read(address, signal)

/** The address of the page after this one, on our own host. */
export function nextAddress(items: Items): string | undefined {
  const href = items.links?.find((l) => l.rel === 'next')?.href
  if (!href) return undefined
  const url = new URL(href, location.href)
  return url.pathname + url.search
}

async function read<T>(address: string, signal: AbortSignal): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(address, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), headers: { Accept: 'application/geo+json, application/json', 'Accept-Language': locale() },
    })
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new Problem(0, 'unreachable', '')
  }
  if (!answer.ok) {
    const p = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string }
    throw new Problem(answer.status, p.code ?? `http_${answer.status}`, p.detail ?? '')
  }
  return (await answer.json()) as T
}
