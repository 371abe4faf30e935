// The papers a sheet can be printed on, lying. Millimetres.

export interface Paper {
  name: 'A4' | 'A3'
  width: number
  height: number
  map: { width: number; height: number } // what is left for the map
  sharpness: number // dots per CSS pixel: 288 and 240 to the inch
}

export const papers: readonly Paper[] = [
  { name: 'A4', width: 297, height: 210, map: { width: 212, height: 168 }, sharpness: 3 },
  { name: 'A3', width: 420, height: 297, map: { width: 325, height: 252 }, sharpness: 2.5 },
]
