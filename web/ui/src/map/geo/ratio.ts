// The scale of the map as one to n. A CSS pixel is 1/96 inch, on paper exactly and
// on screens nearly. Mercator's scale holds at the latitude asked. Pure.

const metresPerCssPixel = 0.0254 / 96
const around = 40_075_016.685578488

/** Metres of ground in one CSS pixel. */
export const metresPerPixel = (zoom: number, lat: number): number => (around * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom)

/** The n of 1:n. */
export const ratioOf = (zoom: number, lat: number): number => metresPerPixel(zoom, lat) / metresPerCssPixel

/** The zoom at which the map is 1:n. */
export const zoomOf = (n: number, lat: number): number => Math.log2((around * Math.cos((lat * Math.PI) / 180)) / (512 * n * metresPerCssPixel))

/** Scales that sheets are printed at. */
export const roundRatios = [500, 1000, 2000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000] as const
