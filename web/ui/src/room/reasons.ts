// Why a message was set aside or an attempt refused, in words.
import { m } from '../paraglide/staff/messages'

const reasons: Record<string, () => string> = {
  unknown_topic: m.reason_topic, bad_json: m.reason_json, bad_time: m.reason_time, future: m.reason_future, unknown_thing: m.reason_thing,
  unknown_property: m.reason_property, bad_value: m.reason_value, bad_report: m.reason_report, database: m.reason_database,
}

const refusals: Record<string, () => string> = {
  publish: m.refused_publish, subscribe: m.refused_subscribe, sign_in: m.refused_sign_in, name: m.refused_name, client_id: m.refused_client_id,
}

export const reasonWord = (code: string): string => reasons[code]?.() ?? code
export const refusalWord = (code: string): string => refusals[code]?.() ?? code
