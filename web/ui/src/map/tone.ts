// Layers bring colours made for paper. In a dark room the same hue is kept and its
// lightness moves: grounds go dark, lines and words go light. Pure.

const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i

/** What a colour is for: the ground of an area, the edge around it, or a mark: lines, points, words. */
export type Use = 'ground' | 'edge' | 'mark'

/** A colour for the dim theme. Other spellings than #rrggbb stay. */
export function dimmed(colour: string, use: Use): string {
  const match = hex.exec(colour)
  if (!match) return colour
  const [light, green, yellow] = toOklab(match.slice(1).map((x) => parseInt(x, 16) / 255) as Triple)
  if (use === 'ground') return fromOklab([0.27 + 0.09 * light, green * 0.26, yellow * 0.26])
  if (use === 'edge') return fromOklab([0.52 - 0.1 * light, green * 0.5, yellow * 0.5])
  return fromOklab([light < 0.62 ? 0.88 - 0.42 * light : 0.74 - 0.3 * (light - 0.62), green * 0.75, yellow * 0.75])
}

const quietMost = 0.045 // how strong a quiet colour can be; the loudest of the decrees has 0.2

/** A ground of the day theme, quiet enough that what matters stands out: the hue stays, most of its strength goes, and most of the loudest. */
export function quieted(colour: string): string {
  const match = hex.exec(colour)
  if (!match) return colour
  const [light, green, yellow] = toOklab(match.slice(1).map((x) => parseInt(x, 16) / 255) as Triple)
  const loud = Math.hypot(green, yellow)
  const share = loud > 0 ? (quietMost * Math.tanh((0.34 * loud) / quietMost)) / loud : 0
  return fromOklab([0.8 + 0.15 * light, green * share, yellow * share])
}

/** How colours are shown: for the light in the room, or just as laid down (on paper, and when asked for). */
export type Look = 'day' | 'dim' | 'given'

/** A colour of a layer as it is shown. */
export function shownColour(colour: string, use: Use, look: Look): string {
  if (look === 'given') return colour
  if (look === 'dim') return dimmed(colour, use)
  return use === 'ground' ? quieted(colour) : colour
}

type Triple = [number, number, number]

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
const gamma = (c: number) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)

function toOklab(rgb: Triple): Triple {
  const [r, g, b] = rgb.map(linear) as Triple
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function fromOklab([L, a, b]: Triple): string {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  const rgb: Triple = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return `#${rgb.map((c) => Math.round(255 * Math.min(1, Math.max(0, gamma(c)))).toString(16).padStart(2, '0')).join('')}`
}
