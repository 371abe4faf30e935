// The open feature, read from the server when it is chosen and when it changes.
import type { Feature, FeatureCollection } from 'geojson'
import { Problem } from '../lib/api'
import { readItem, type Item } from './ogc'
import type { Chosen } from './address'

class OpenFeature {
  item = $state.raw<Item | undefined>()
  problem = $state.raw<Problem | undefined>()
  loading = $state(false)
  #of = ''
  #abort: AbortController | undefined

  /** Reads the feature; undefined closes it. What was read of the same feature stays while it is read again. */
  async read(chosen: Chosen | undefined): Promise<void> {
    this.#abort?.abort()
    const key = chosen ? `${chosen.layer}.${chosen.fid}` : ''
    if (key !== this.#of) this.item = undefined
    this.#of = key
    this.problem = undefined
    this.loading = chosen !== undefined
    if (!chosen) return
    const abort = (this.#abort = new AbortController())
    try {
      this.item = await readItem(chosen, abort.signal)
      this.loading = false
    } catch (cause) {
      if (abort.signal.aborted) return
      this.loading = false
      this.item = undefined
      this.problem = cause instanceof Problem ? cause : new Problem(0, 'unreachable', '')
    }
  }

  shape(): FeatureCollection {
    const shape = this.item?.geometry
    return { type: 'FeatureCollection', features: shape ? [{ type: 'Feature', properties: {}, geometry: shape } as Feature] : [] }
  }
}

export const openFeature = new OpenFeature()
