// The keys of the map page. Single letters never act while somebody types, and can
// be switched off.
import { m } from '../paraglide/staff/messages'
import { help } from '../room/parts/help.svelte'
import { taking } from './edit/taker.svelte'
import { measuring } from './measuring.svelte'
import { editTarget } from './editTarget'
import { page, type Tool } from './page.svelte'
import { pointer } from './pointer.svelte'

export interface Doers {
  say(words: string): void
  drawable: boolean // there is a map
  time(): void
  table(): void
}

/** Handles one key; prevents the default when it acted. */
export function mapKey(event: KeyboardEvent, doers: Doers): void {
  if (typing(event.target) || page.printing || document.querySelector('dialog[open]')) return
  const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey
  if (page.tool === 'pick' && (help.keysOn || !letter) && taking.now?.key(event)) return event.preventDefault()
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'Escape') return escape()
  if (!help.keysOn) return
  const key = event.key.toLowerCase()
  const act = actions[key]
  if (!act || (!doers.drawable && ofMap.has(key))) return
  event.preventDefault()
  act(doers)
}

const use = (tool: Tool) => () => {
  measuring.clear()
  page.tool = tool
}

const actions: Record<string, (doers: Doers) => void> = {
  '/': () => document.getElementById('search')?.focus(),
  l: () => document.getElementById('layer-search')?.focus(),
  v: use('pick'),
  m: use('length'),
  a: use('area'),
  b: (d) => d.table(),
  t: (d) => d.time(),
  p: () => (page.printing = true),
  c: (d) => void copy(d),
  e: (d) => (page.canEdit ? page.editLayer(editTarget()) : editTarget() && d.say(m.edit_needs_room())),
  '[': () => page.step(-1),
  ']': () => page.step(1),
  '?': () => (help.open = true),
}

const ofMap = new Set(['v', 'm', 'a', 't', 'p', 'c', 'e'])

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (/^(TEXTAREA|SELECT)$/.test(target.tagName) || (target instanceof HTMLInputElement && !/^(range|checkbox|button)$/.test(target.type)))

/** Takes back the innermost thing. */
function escape(): void {
  if (page.tool !== 'pick') {
    if (measuring.points.length) measuring.clear()
    else page.tool = 'pick'
  } else if (page.changes) page.showChanges('')
  else if (page.chosen) page.choose([])
  else if (page.place) page.place = undefined
  else if (page.table) page.openTable('')
}

async function copy({ say }: Doers): Promise<void> {
  try {
    await navigator.clipboard.writeText(pointer.text())
    say(m.map_coordinates_copied())
  } catch {
    say(m.map_copy_failed())
  }
}
