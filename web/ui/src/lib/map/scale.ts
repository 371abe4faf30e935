/** The longest round distance (1, 2 or 5 times a power of ten metres) that fits into mostPixels. */
export function roundDistance(metresPerPixel: number, mostPixels: number): number {
  const most = metresPerPixel * mostPixels
  const power = 10 ** Math.floor(Math.log10(most))
  const step = most / power
  return power * (step >= 5 ? 5 : step >= 2 ? 2 : 1)
}
