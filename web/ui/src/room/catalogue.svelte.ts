// The words behind the codes: properties, sectors, places. Read once per
// sign-in and again when a code turns up that it does not hold.
import { call } from '../lib/api'
import { locale } from '../lib/locale.svelte'
import { textIn, type Catalogue, type Property, type Unit } from '../lib/types'

const empty: Catalogue = { demo: false, properties: [], types: [], sectors: [], agencies: [], units: [], categories: [], layers: [] }

let current = $state.raw<Catalogue>(empty)
const properties = $derived(new Map(current.properties.map((p) => [p.code, p])))
const units = $derived(new Map(current.units.map((u) => [u.code, u])))

/** The catalogue, empty until read. Reactive. */
export const catalogue = (): Catalogue => current

export async function readCatalogue(): Promise<void> {
  current = { ...empty, ...(await call<Catalogue>('/catalogue')) }
}

export const property = (code: string): Property =>
  properties.get(code) ?? { code, name: { vi: code, en: code }, unit: '', symbol: '', decimals: 1 }

export const unit = (code: string): Unit | undefined => units.get(code)

/** Name of an administrative unit, "–" when unknown. */
export const unitName = (code: string): string => units.get(code)?.name ?? '–'

const named = (list: readonly { code: string; name: Parameters<typeof textIn>[0] }[], code: string) =>
  textIn(list.find((x) => x.code === code)?.name, locale()) || code

export const sectorName = (code: string): string => named(current.sectors, code)
export const agencyName = (code: string): string => named(current.agencies, code)
export const typeName = (code: string): string => named(current.types, code)
export const categoryName = (code: string): string => named(current.categories, code)
export const propertyName = (code: string): string => textIn(property(code).name, locale())
