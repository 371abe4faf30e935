// The room's keys (design language, section 15). Single letters never act while
// somebody types, and can be switched off.
import { sortAlarms, untaken } from './alarms'
import { live } from './live/live.svelte'
import { help } from './parts/help.svelte'
import { taking } from './parts/taking.svelte'
import { selection } from './selection.svelte'
import { may } from './session.svelte'
import { within } from './stations'

/** Handles one key of the room; returns nothing, prevents the default when it acted. */
export function roomKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) return
  if (event.key === 'Escape') return selection.close()
  if (!help.keysOn) return
  const act = actions[event.key.toLowerCase()]
  if (!act || (event.key === ' ' && onControl(event.target))) return
  event.preventDefault()
  act()
}

const actions: Record<string, () => void> = {
  '/': () => document.getElementById('search')?.focus(),
  j: () => step(1),
  k: () => step(-1),
  n: take,
  ' ': () => live.pause(!live.paused),
  l: () => live.pause(false),
  '?': () => (help.open = true),
}

const typing = (target: EventTarget | null) => target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
const onControl = (target: EventTarget | null) => target instanceof HTMLElement && target.closest('button, a, summary') !== null

const listed = () => sortAlarms([...live.alarms.values()].filter((a) => within(selection.filter, a)))

function step(by: number): void {
  const alarms = listed()
  if (!alarms.length) return
  const at = alarms.findIndex((a) => a.id === selection.alarm)
  const next = alarms[Math.min(Math.max(0, at < 0 ? 0 : at + by), alarms.length - 1)]!
  if (next.thing) selection.openThing(next.thing)
  selection.alarm = next.id
  document.querySelector(`[data-alarm="${next.id}"]`)?.scrollIntoView({ block: 'nearest' })
}

function take(): void {
  const alarm = live.alarms.get(selection.alarm)
  if (alarm && untaken(alarm) && may('alarm.acknowledge') && live.link !== 'lost') taking.alarm = alarm
}
