import { expect, test } from 'vitest'
import { readAddress, writeAddress, type Address } from './address'

test('what is written is read again', () => {
  const full: Address = {
    view: { lat: 9.6012, lon: 105.9731, zoom: 13.5 }, layers: [{ slug: 'parcel', opacity: 1 }, { slug: 'irrigation', opacity: 0.6 }],
    hidden: ['unit'], chosen: { layer: 'parcel', fid: '12' }, day: '2025-07-01', table: 'parcel', edit: 'parcel', draft: 34, changes: '12',
  }
  const text = writeAddress(full, '?lang=en')
  expect(text).toBe('lang=en&xem=9.60120,105.97310,13.50&chon=parcel.12&an=unit&ngay=2025-07-01&bang=parcel&sua=parcel.34&thay-doi=12&lop=parcel,irrigation~60')
  expect(readAddress(text)).toEqual(full)
})

test('no layer shown is not the same as nothing said', () => {
  expect(readAddress('').layers).toBeUndefined()
  expect(readAddress('?lop=').layers).toEqual([])
  expect(writeAddress({ hidden: [], day: '', table: '', edit: '', changes: '', layers: [] }, '')).toBe('lop=')
})

test.each(['?xem=9,105', '?xem=a,b,c', '?xem=99,0,5', '?chon=parcel', '?chon=parcel.x', '?chon=Parcel.1', '?ngay=2025-13-01', '?ngay=hom-nay', '?bang=<b>', '?sua=Parcel', '?thay-doi=x', '?lop=a~900', '?an=%27'])('nonsense counts as absent: %s', (text) => {
  const { layers, ...rest } = readAddress(text)
  expect(rest).toEqual({ hidden: [], day: '', table: '', edit: '', changes: '' })
  expect(layers ?? [{ slug: 'a', opacity: 1 }]).toEqual([{ slug: 'a', opacity: 1 }])
})
