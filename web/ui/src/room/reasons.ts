// Why a message was set aside or an attempt refused, and what was done, in words.
import { m } from '../paraglide/staff/messages'

const reasons: Record<string, () => string> = {
  unknown_topic: m.reason_topic, bad_json: m.reason_json, bad_time: m.reason_time, future: m.reason_future, unknown_thing: m.reason_thing,
  unknown_property: m.reason_property, bad_value: m.reason_value, bad_report: m.reason_report, database: m.reason_database,
  expired: m.reason_expired, rate: m.reason_rate, clock_wrong: m.reason_clock,
}

const refusals: Record<string, () => string> = {
  publish: m.refused_publish, subscribe: m.refused_subscribe, sign_in: m.refused_sign_in, name: m.refused_name, client_id: m.refused_client_id, rate: m.refused_rate,
}

const acts: Record<string, () => string> = {
  'session.open': m.act_session_open,
  'session.close': m.act_session_close,
  'account.create': m.act_account_create,
  'account.update': m.act_account_update,
  'account.retire_demo': m.act_account_retire_demo,
  'setup.finish': m.act_setup_finish,
  'alarm.acknowledge': m.act_alarm_acknowledge,
  'request.work': m.act_request_work,
  'areas.import': m.act_areas_import,
  'device.register': m.act_device_register,
  'device.disable': m.act_device_disable,
  'telemetry.flag': m.act_telemetry_flag,
  'deadletter.replay': m.act_deadletter_replay,
  'device.property': m.act_device_property,
  'device.alias': m.act_device_alias,
  'device.limit': m.act_device_limit,
  'retention.manage': m.act_retention,
  'retention.drop': m.act_retention_drop,
}

const flags: Record<string, () => string> = {
  good: m.quality_good, suspect: m.quality_suspect, out_of_range: m.quality_out_of_range, stuck: m.quality_stuck, jump: m.quality_jump, gap: m.quality_gap,
  clock_wrong: m.quality_clock_wrong, late: m.quality_late, over_rate: m.quality_over_rate, rejected: m.quality_rejected, deleted: m.quality_deleted,
}

const makers: Record<string, () => string> = { ingest: m.by_ingest, device: m.by_device }

/** What is said of a reading. */
export const flagWord = (code: string): string => flags[code]?.() ?? code
/** Who said it: a part of ours, or the account as it is. */
export const byWord = (by: string): string => makers[by]?.() ?? by
export const reasonWord = (code: string): string => reasons[code]?.() ?? code
/** What an entry of the audit log says was done. */
export const actWord = (code: string): string => acts[code]?.() ?? code
export const refusalWord = (code: string): string => refusals[code]?.() ?? code
