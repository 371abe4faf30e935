// Draws the map once more, at the size and sharpness of paper, and hands it out as
// a picture with what the sheet says about it.
import type { View } from '../address'
import type { MapView, Scene } from '../mapView'

export interface Picture {
  url: string // of a blob; whoever asked gives it back
  bounds: [west: number, south: number, east: number, north: number]
  counts: ReadonlyMap<string, ReadonlyMap<string, number>> // layer → class → features drawn
}

const waitMs = 45_000

/** Millimetres as CSS pixels. */
export const pixels = (mm: number): number => (mm * 96) / 25.4

/** Draws `view` on widthMm × heightMm of paper, `sharpness` dots to a CSS pixel. Rejects when it is aborted or takes too long. */
export async function drawPicture(scene: Scene, view: View, widthMm: number, heightMm: number, sharpness: number, signal: AbortSignal): Promise<Picture> {
  const { MapView } = await import('../mapView')
  const container = document.createElement('div')
  container.style.cssText = `position:fixed;left:-20000px;top:0;width:${pixels(widthMm)}px;height:${pixels(heightMm)}px`
  container.ariaHidden = 'true'
  document.body.append(container)
  let map: MapView | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      map = new MapView(container, scene, { view, bounds: [0, 0, 1, 1], picture: sharpness }, {
        onMove: () => {}, onPoint: () => {}, onPick: () => {}, onReady: () => {}, onIdle: resolve, onTileError: () => {}, onFailed: () => reject(new Error('WebGL')),
      })
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      setTimeout(() => reject(new Error('timeout')), waitMs)
    })
    return await take(map!, scene)
  } finally {
    map?.remove()
    container.remove()
  }
}

async function take(map: MapView, scene: Scene): Promise<Picture> {
  const blob = await new Promise<Blob | null>((done) => map.canvas.toBlob(done, 'image/png'))
  if (!blob) throw new Error('no picture')
  const counts = new Map<string, ReadonlyMap<string, number>>()
  for (const layer of scene.catalogue) {
    if (layer.class && scene.shown.some((s) => s.slug === layer.slug)) counts.set(layer.slug, map.countInView(layer.slug, layer.class))
  }
  return { url: URL.createObjectURL(blob), bounds: map.bounds(), counts }
}
