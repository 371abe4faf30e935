// The map's colours, read from the page's tokens so that a theme has one source.

const names = [
  'm-sea', 'm-canal', 'm-canal-2', 'm-land', 'm-land-out', 'm-b1', 'm-b2', 'm-b3', 'm-label', 'm-label-out', 'm-label-strong',
  'm-water-label', 'm-halo', 'm-mark', 'm-mark-case', 'panel', 'field', 'text', 'text-2', 'text-3', 'ink', 'on-ink', 'accent',
  'p1', 'p1-edge', 'p1-on', 'p1-tint', 'p1-text', 'p2', 'p2-edge', 'p2-on', 'p2-tint', 'p2-text',
  'p3', 'p3-edge', 'p3-on', 'p3-tint', 'p3-text', 'p4', 'p4-edge', 'p4-on', 'p4-tint', 'p4-text',
] as const

export type Palette = Record<(typeof names)[number], string>

/** Reads the tokens of the theme in use. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()])) as Palette
}
