// Where the pointer is on the map: the middle of the map while it is elsewhere, so
// that the keyboard has coordinates too.
import { fromWgs84 } from './vn2000'
import { number } from '../lib/format'
import { locale } from '../lib/locale.svelte'
import { page } from './page.svelte'

class Pointer {
  at = $state.raw<readonly [number, number] | undefined>()
  readonly place = $derived<readonly [number, number] | undefined>(this.at ?? (page.view && [page.view.lon, page.view.lat]))
  readonly plane = $derived(this.place && fromWgs84(this.place[0], this.place[1], page.zone))

  /** Both coordinates as text that the search box understands. */
  text(): string {
    if (!this.place || !this.plane) return ''
    const [lon, lat] = this.place
    return `X ${number(this.plane.x, 2, locale())} Y ${number(this.plane.y, 2, locale())} (VN-2000, ${page.zone.code}); ${lat.toFixed(7)}, ${lon.toFixed(7)} (WGS 84)`
  }
}

export const pointer = new Pointer()
