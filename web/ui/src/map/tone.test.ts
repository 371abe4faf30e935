import { expect, test } from 'vitest'
import { dimmed, quieted, shownColour } from './tone'

const light = (hex: string) => Math.max(...hex.slice(1).match(/../g)!.map((x) => parseInt(x, 16)))

test('in the dark, grounds are dark and marks are light, and the hue stays', () => {
  for (const colour of ['#ffff64', '#ffffff', '#aaffff', '#000000', '#59636a']) expect(light(dimmed(colour, 'ground'))).toBeLessThan(110)
  for (const colour of ['#000000', '#59636a', '#1f5fb0', '#8c5a00']) expect(light(dimmed(colour, 'mark'))).toBeGreaterThan(120)
  const [r, g, b] = dimmed('#ffff64', 'ground').slice(1).match(/../g)!.map((x) => parseInt(x, 16)) as [number, number, number]
  expect(r > b && g > b).toBe(true)
})

test('other spellings stay', () => expect(dimmed('rgba(1,2,3,.4)', 'mark')).toBe('rgba(1,2,3,.4)'))

test('by day, grounds are pale, and colours asked for are left alone', () => {
  for (const colour of ['#ffff64', '#ff64ff', '#000000']) expect(Math.min(...quieted(colour).slice(1).match(/../g)!.map((x) => parseInt(x, 16)))).toBeGreaterThan(150)
  const spread = (hex: string) => { const c = hex.slice(1).match(/../g)!.map((x) => parseInt(x, 16)); return Math.max(...c) - Math.min(...c) }
  for (const colour of ['#ffa0ff', '#ffff64', '#ff0000']) expect(spread(quieted(colour))).toBeLessThan(46) // none shouts
  expect(spread(quieted('#fff0b4'))).toBeGreaterThan(8) // and none turns grey
  expect(shownColour('#ffff64', 'ground', 'given')).toBe('#ffff64')
  expect(shownColour('#59636a', 'mark', 'day')).toBe('#59636a')
})
