import { expect, test } from 'vitest'
import { faultOf, normal, shown } from './code'

// Made by the server's own spelling of codes.
const real = ['XW36WPFNHR', 'QNJQSDFYHH', 'KKPZTVFQV5', 'ZXQKZC5VY5']

test.each([
  ['xw36w-pfnhr', 'XW36WPFNHR'],
  [' XW36W PFNHR\n', 'XW36WPFNHR'],
  ['xw36w–pfnhr', 'XW36WPFNHR'],
  ['XW36W\u00a0PFNHR', 'XW36WPFNHR'],
  ['o0iIlL', '001111'],
])('%j is read as %s', (typed, code) => {
  expect(normal(typed)).toBe(code)
})

test('the server’s codes pass, however they are written', () => {
  for (const code of real) {
    expect(faultOf(code)).toBeNull()
    expect(normal(shown(code).toLowerCase())).toBe(code)
  }
})

test('every single wrong character and every swap of neighbours is noticed', () => {
  for (const code of real) {
    for (let i = 0; i < code.length; i++) {
      const other = code[i] === '7' ? '8' : '7'
      expect(faultOf(code.slice(0, i) + other + code.slice(i + 1))).toBe('mistyped')
      const swapped = code.slice(0, i) + (code[i + 1] ?? '') + code[i] + code.slice(i + 2)
      if (swapped !== code && swapped.length === code.length) expect(faultOf(swapped)).toBe('mistyped')
    }
  }
})

test('what is missing is told apart from what is wrong', () => {
  expect(['', 'XW36W', 'XW36WPFNHRX', 'XW36WPFNH?', 'UUUUUUUUUU'].map(faultOf)).toEqual(['empty', 'length', 'length', 'mistyped', 'mistyped'])
})

test('a code is shown in two groups', () => {
  expect(shown('XW36WPFNHR')).toBe('XW36W-PFNHR')
  expect(shown('SHORT')).toBe('SHORT')
})
