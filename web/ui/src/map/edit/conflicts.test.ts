import { describe, expect, it } from 'vitest'
import { makerOf, subject } from './conflicts'
import type { Conflict, Past } from './contract'

const version = (rowVersion: number, by: string, properties: Past['properties'], reshaped: boolean): Past => ({
  fid: 1, rowVersion, from: `2026-11-30T0${rowVersion}:00:00Z`, until: null, changeset: rowVersion, by, byName: '', why: '', source: 'page', endedBy: null, properties, reshaped, geometry: null,
})
const conflict = (field: string, now_version: number | null): Conflict => ({ fid: 1, field, now_version, base: 1, theirs: 2, mine: 3 })

describe('who made the value of the others', () => {
  const versions = [version(3, 'binh', { area: 2, owner: 'b' }, false), version(2, 'an', { area: 2, owner: 'a' }, true), version(1, 'haidang', { area: 1, owner: 'a' }, true)]

  it('is whoever changed that field last, not whoever changed anything', () => {
    expect(makerOf(versions, 'owner')?.by).toBe('binh')
    expect(makerOf(versions, 'area')?.by).toBe('an')
    expect(makerOf(versions, 'geometry')?.by).toBe('an')
  })

  it('is the last of all for the whole feature, and nobody where nothing is known', () => {
    expect(makerOf(versions, '*')?.by).toBe('binh')
    expect(makerOf([], 'area')).toBeUndefined()
  })
})

describe('choices', () => {
  it('are of one feature and of the values that were seen', () => {
    const seen = subject(1, [conflict('area', 2)])
    expect(subject(2, [conflict('area', 2)])).not.toBe(seen)
    expect(subject(1, [conflict('area', 3)])).not.toBe(seen)
    expect(subject(1, [conflict('area', 2)])).toBe(seen)
  })
})
