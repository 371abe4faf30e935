// What the page must know about the map without loading it.

/** Kilobytes of the map's code and first tiles as they travel, rounded; a test keeps it true. */
export const mapKilobytes = 450

/** Whether this browser can draw the map. */
export function canDraw(): boolean {
  try {
    return !!document.createElement('canvas').getContext('webgl2')
  } catch {
    return false
  }
}
