import { describe, expect, it } from 'vitest'
import type { Column } from './types'
import { exactText } from './values'

const column = (type: string, unit?: string) => ({ name: 'x', type, ...(unit && { unit }) }) as Column

describe('values that are compared', () => {
  it('have all their digits and their unit', () => {
    expect(exactText(column('number', 'm2'), 2345.51)).toBe('2.345,51\u00a0m²')
    expect(exactText(column('number', 'm2'), 2345.54)).toBe('2.345,54\u00a0m²')
    expect(exactText(column('number'), 1e-7)).toBe('0,0000001')
    expect(exactText(column('number'), -12)).toBe('−12')
    expect(exactText(column('integer', 'm'), 2025)).toBe('2.025\u00a0m')
  })

  it('have their hour', () => {
    expect(exactText(column('datetime'), '2026-11-30T02:00:00Z')).toBe('30/11/2026 09:00:00')
    expect(exactText(column('datetime'), '2026-11-30T02:05:00Z')).toBe('30/11/2026 09:05:00')
  })

  it('are a dash where there is none', () => expect(exactText(column('number', 'm2'), null)).toBe('–'))
})
