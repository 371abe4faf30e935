// Where the keys go when what had them is there no more: without this they begin at the
// top of the page again.
import { tick } from 'svelte'

/** Once the page is as it shall be, gives the keys to an element, unless something has them. */
export async function handOver(to: () => HTMLElement | null | undefined): Promise<void> {
  await tick()
  if (document.activeElement === document.body || !document.activeElement) to()?.focus({ preventScroll: true })
}
