// The pages behind /ban-do. A page that is added here has its tab and its address;
// a tab whose `shown` says no is not there for this reader.
import type { Component } from 'svelte'
import { canDrawMap } from '../lib/map/webgl'
import { m } from '../paraglide/staff/messages'
import { may } from '../room/session.svelte'
import { layers } from './catalogue.svelte'

export interface Tab {
  path: string
  name: () => string
  shown: () => boolean
  load: () => Promise<{ default: Component }>
}

/** The page and, beside it, the engine that draws: by far the largest part, so it is not left to wait its turn. */
function loadLayers() {
  if (canDrawMap()) import('./mapView').catch(() => {}) // the page says so when it fails again
  return import('./pages/Layers.svelte')
}

export const tabs: readonly Tab[] = [
  { path: '/ban-do', name: m.map_tab_layers, shown: () => true, load: loadLayers },
  {
    path: '/ban-do/nhap-xuat', name: m.map_tab_exchange, load: () => import('./pages/Exchange.svelte'),
    shown: () => may('layer.import') || (layers() ?? []).some((l) => (l.may ?? []).includes('export')),
  },
  { path: '/ban-do/lop', name: m.map_tab_catalogue, shown: () => may('catalogue.read'), load: () => import('./pages/Catalogue.svelte') },
]

/** The tab of an address: the longest path that it begins with. */
export function tabOf(path: string, all: readonly Tab[] = tabs): Tab | undefined {
  const fits = all.filter((t) => path === t.path || (t.path !== '/ban-do' && path.startsWith(`${t.path}/`)))
  return fits.sort((a, b) => b.path.length - a.path.length)[0]
}
