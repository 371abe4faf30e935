// The nouns of the HTTP API and the live socket, as JSON spells them.

export interface Text {
  vi: string
  en: string
  km?: string
}

export type Quality =
  'good' | 'suspect' | 'out_of_range' | 'stuck' | 'jump' | 'gap' | 'clock_wrong' | 'late' | 'over_rate' | 'rejected' | 'deleted'

export interface Stream {
  id: number
  property: string
  value: number | null
  time: string | null // when it was so, by the device
  receivedAt: string | null
  quality: Quality
}

export interface Thing {
  id: string
  name: string
  type: string
  sector: string
  agency: string
  unit: string
  lon: number
  lat: number
  simulated: boolean
  online: boolean | null
  intervalS: number
  streams: Stream[]
}

export type AlarmState = 'normal' | 'unacked' | 'acked' | 'rtn_unack'

export interface Alarm {
  id: number
  cause: string
  priority: number
  state: AlarmState
  title: Text
  thing: string
  datastream: number
  unit: string
  sector: string
  lon: number
  lat: number
  raisedAt: string
  changedAt: string
  ackedBy?: string
  ackNote?: string
  ackedAt?: string
  simulated: boolean
}

export type RequestStatus = 'received' | 'in_progress' | 'closed'

export interface ServiceRequest {
  code: string
  number: string
  category: string
  description: string
  language: string
  lon: number
  lat: number
  exact: boolean
  unit: string
  unitName: string
  photo?: string
  channel: string
  status: RequestStatus
  agency: string
  submittedAt: string
  changedAt: string
  simulated: boolean
}

export interface Property {
  code: string
  name: Text
  unit: string
  symbol: string
  decimals: number
}

export interface DeviceType {
  code: string
  name: Text | string
  sector: string
  intervalS: number
  perMinute?: number | null // messages a device of this type may send
  burst?: number | null // … and at once
}

export interface Named {
  code: string
  name: Text | string
}

export interface Unit {
  code: string
  name: string
  nameKm: string
  lon: number
  lat: number
  bbox: [number, number, number, number]
  approximate: boolean
}

export interface Category {
  code: string
  name: Text
  icon: string
  agency: string
}

export interface Layer {
  slug: string
  title: Text | string
  sector: string
  minZoom: number
  maxZoom: number
  simulated: boolean
  attribution: string
}

export interface Catalogue {
  demo: boolean
  properties: Property[]
  types: DeviceType[]
  sectors: Named[]
  agencies: Named[]
  units: Unit[]
  categories: Category[]
  layers: Layer[]
}

export interface Session {
  account: string // empty when nobody is signed in
  fullName: string
  grants: { role: string; agency?: string; unit?: string }[]
  actions: string[]
}

export interface Bucket {
  t: string
  min: number
  avg: number
  max: number
  n: number
}

/** A text in the language asked for; English falls back to Vietnamese. */
export function textIn(t: Text | string | undefined, lang: string): string {
  if (t === undefined) return ''
  if (typeof t === 'string') return t
  return (lang === 'en' && t.en) || (lang === 'km' && t.km) || t.vi
}
