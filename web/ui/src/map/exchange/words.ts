// The words of imports and exports.
import { m } from '../../paraglide/staff/messages'
import type { ImportState } from './contract'

const states: Record<ImportState, () => string> = {
  uploading: m.exch_state_uploading, uploaded: m.exch_state_uploaded, examining: m.exch_state_examining, examined: m.exch_state_examined,
  checking: m.exch_state_checking, checked: m.exch_state_checked, applying: m.exch_state_applying, applied: m.exch_state_applied,
  failed: m.exch_state_failed, cancelled: m.exch_state_cancelled, expired: m.exch_state_expired,
}

export const stateText = (s: ImportState): string => states[s]()

const encodings: Record<string, string> = { 'utf-8': 'Unicode (UTF-8)', tcvn3: 'TCVN3 (ABC)', vni: 'VNI Windows', 'windows-1258': 'Windows-1258', 'windows-1252': 'Windows-1252' }

export const encodingText = (e: string): string => encodings[e] ?? e

/** The coordinate systems one may name where the file does not say: the zones of VN-2000 first. */
export const systems: readonly [code: string, name: string][] = [
  ['EPSG:9209', 'VN-2000 TM-3 105°30′'], ['EPSG:5897', 'VN-2000 TM-3 105°00′'], ['EPSG:9208', 'VN-2000 TM-3 104°45′'], ['EPSG:9207', 'VN-2000 TM-3 104°30′'],
  ['EPSG:9206', 'VN-2000 TM-3 104°00′'], ['EPSG:9210', 'VN-2000 TM-3 105°45′'], ['EPSG:9211', 'VN-2000 TM-3 106°00′'], ['EPSG:9212', 'VN-2000 TM-3 106°15′'],
  ['EPSG:9213', 'VN-2000 TM-3 106°30′'], ['EPSG:5899', 'VN-2000 TM-3 107°45′'], ['EPSG:5898', 'VN-2000 TM-3 108°00′'], ['EPSG:5896', 'VN-2000 TM-3 102°00′'],
  ['EPSG:3405', 'VN-2000 UTM 48N'], ['EPSG:3406', 'VN-2000 UTM 49N'], ['EPSG:4756', 'VN-2000, độ'], ['EPSG:4326', 'WGS 84, độ'], ['EPSG:3857', 'Web Mercator'],
]
