// Which layer a person means who wants to edit.
import { isGround, layerOf } from './catalogue.svelte'
import { page } from './page.svelte'

const mayEdit = (slug: string): boolean => {
  const layer = layerOf(slug)
  return layer?.kind === 'vector' && !isGround(slug) && (layer.may ?? []).includes('edit')
}

/** The layer of the chosen feature, else the uppermost that is shown and may be edited; empty: none. */
export function editTarget(): string {
  if (page.chosen) return mayEdit(page.chosen.layer) ? page.chosen.layer : ''
  return [...page.shown].reverse().find((s) => mayEdit(s.slug))?.slug ?? ''
}
