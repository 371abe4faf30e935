// Where a device stands, in one or two words.
import { m } from '../../paraglide/staff/messages'
import { clock } from '../../lib/format'
import type { DeviceAccount } from './contract'
import type { DeviceFilter } from './deviceRows'

/** Being cut off weighs most, then silence, then what the connection says. */
export function deviceState(d: DeviceAccount, checks: Record<DeviceFilter, (d: DeviceAccount) => boolean>): string {
  if (checks.cut(d)) return m.state_cut({ at: clock(Date.parse(d.cutUntil!)) })
  if (!d.lastReceived) return m.state_never()
  if (checks.silent(d)) return m.state_silent()
  if (d.online === null) return m.state_speaking()
  return d.online ? m.device_online() : m.device_offline()
}
