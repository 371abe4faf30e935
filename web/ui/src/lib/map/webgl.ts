// Whether this machine can draw the map. `?webgl=0` says no, for tests and for
// posts whose graphics driver misbehaves.

/** True when a WebGL 2 context can be made. */
export function canDrawMap(): boolean {
  if (new URLSearchParams(location.search).get('webgl') === '0') return false
  try {
    const context = document.createElement('canvas').getContext('webgl2')
    context?.getExtension('WEBGL_lose_context')?.loseContext()
    return context !== null
  } catch {
    return false
  }
}
