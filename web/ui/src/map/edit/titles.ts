// The title that a draft has until somebody says why.
import { m } from '../../paraglide/staff/messages'
import { text } from '../catalogue.svelte'
import { dayText } from '../values'
import type { MapLayer } from '../types'

/** "Sửa Thửa đất 30/11/2026": the day is Việt Nam's. */
export const firstTitle = (layer: MapLayer['title'] | undefined): string =>
  m.edit_first_title({ layer: text(layer), day: dayText(new Date(Date.now() + 7 * 3600_000).toISOString()) })

/** Whether the page made this title, on whichever day and in either language. */
export function madeUp(title: string, layer: MapLayer['title'] | undefined): boolean {
  const plain = (t: string) => t.replace(/[\d/. -]+$/, '')
  return (['vi', 'en'] as const).some((l) => plain(title) === plain(m.edit_first_title({ layer: layer?.[l] || layer?.vi || '', day: '' }, { locale: l })))
}
