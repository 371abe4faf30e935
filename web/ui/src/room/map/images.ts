// Draws the map's marks into images: stations by freshness, alarms by priority
// and state, citizens' reports. Vector paths, so they are sharp at any density.
import { shapes, type Look } from '../parts/alarmShapes'
import type { Palette } from '../../lib/map/palette'

/** One drawn mark. Sizes are CSS pixels; ratio is the density it was drawn at. */
export interface Mark {
  data: ImageData
  ratio: number
}

type Pen = CanvasRenderingContext2D

function draw(size: number, ratio: number, paint: (pen: Pen) => void): Mark {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.ceil(size * ratio)
  const pen = canvas.getContext('2d', { willReadFrequently: true })!
  pen.scale(ratio, ratio)
  pen.translate(size / 2, size / 2)
  paint(pen)
  return { data: pen.getImageData(0, 0, canvas.width, canvas.height), ratio }
}

const haloed = (pen: Pen, path: Path2D, halo: string, width: number) => {
  pen.lineJoin = 'round'
  pen.strokeStyle = halo
  pen.lineWidth = width
  pen.stroke(path)
}

function circle(radius: number, from = 0, to = 2 * Math.PI): Path2D {
  const path = new Path2D()
  path.arc(0, 0, radius, from, to)
  return path
}

/** A dot for a fresh station; dashed ring when stale, ring with a gap when silent. */
export function stationMark(freshness: string, major: boolean, p: Palette, ratio: number): Mark {
  return draw(16, ratio, (pen) => {
    const radius = major ? 4 : 2.6
    if (freshness === 'fresh') {
      const dot = circle(radius)
      haloed(pen, dot, p['m-mark-case'], major ? 2.8 : 2)
      pen.fillStyle = p['m-mark']
      pen.fill(dot)
      return
    }
    pen.fillStyle = p['m-mark-case']
    pen.fill(circle(radius + 1.6))
    pen.strokeStyle = p['m-mark']
    pen.lineWidth = 1.4
    if (freshness === 'stale') pen.setLineDash([2.2, 1.6])
    pen.stroke(freshness === 'silent' ? circle(radius, -0.4, 1.5 * Math.PI) : circle(radius))
  })
}

/** Minor sensors by kind: ring for rain, bar for traffic, cross for pumps, a small dot for the rest. */
export function minorMark(kind: string, p: Palette, ratio: number): Mark {
  return draw(16, ratio, (pen) => {
    const path = new Path2D(kind === 'bar' ? 'M-3 0H3' : 'M-2.4-2.4 2.4 2.4M2.4-2.4-2.4 2.4')
    if (kind === 'ring') {
      const ring = circle(2.5)
      haloed(pen, ring, p['m-mark-case'], 3.2)
      pen.fillStyle = p['m-mark-case']
      pen.fill(ring)
      pen.strokeStyle = p['m-mark']
      pen.lineWidth = 1.3
      pen.stroke(ring)
      return
    }
    haloed(pen, path, p['m-mark-case'], 3.6)
    pen.strokeStyle = p['m-mark']
    pen.lineWidth = 1.7
    pen.stroke(path)
  })
}

/** An alarm at 22 px with a 2 px halo. `lit` false is the dark half of the blink. */
export function alarmMark(priority: number, look: Look, lit: boolean, p: Palette, ratio: number): Mark {
  const shape = shapes[priority] ?? shapes[4]!
  const tone = (part: '' | '-edge' | '-on' | '-tint' | '-text') => p[`p${priority}${part}` as keyof Palette]
  return draw(28, ratio, (pen) => {
    pen.scale(1.1, 1.1)
    pen.translate(-10, -10)
    const path = new Path2D(shape.path)
    haloed(pen, path, p['m-halo'], 5)
    const active = look === 'unacked' && lit
    pen.fillStyle = active ? (priority === 4 ? p['p4-tint'] : tone('')) : look === 'acked' ? tone('-tint') : p.panel
    pen.fill(path)
    pen.strokeStyle = tone('-edge')
    pen.lineWidth = priority === 4 && look === 'unacked' ? 2 : look === 'unacked' ? 1.1 : 1.6
    if (look === 'returned') pen.setLineDash([2.6, 2])
    pen.stroke(path)
    pen.fillStyle = active ? tone('-on') : tone('-text')
    pen.font = '700 10.5px "Inter VN", sans-serif'
    pen.textAlign = 'center'
    pen.fillText(String(priority), 10, shape.digitY)
  })
}

const tag = 'M0 0-3.8-4.6H-6.5V-15.5H6.5V-4.6H3.8Z'

/** A citizen's report: a speech tag with two lines, or empty for a count. Solid when chosen. */
export function reportMark(lines: boolean, solid: boolean, p: Palette, ratio: number): Mark {
  return draw(36, ratio, (pen) => {
    const path = new Path2D(tag)
    haloed(pen, path, p['m-halo'], 4)
    pen.fillStyle = solid ? p.ink : p.field
    pen.fill(path)
    pen.strokeStyle = solid ? p.ink : p['text-2']
    pen.lineWidth = 1.2
    pen.stroke(path)
    if (!lines) return
    pen.strokeStyle = solid ? p['on-ink'] : p['text-2']
    pen.stroke(new Path2D('M-3.5-11.8H3.5M-3.5-8.6H1'))
  })
}
