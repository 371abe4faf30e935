import { session } from '../../room/session.svelte'
import { agencies } from '../catalogue.svelte'

/** For whose agencies this person may keep layers: an unlimited grant is for all. */
export function ownAgencies(): ReturnType<typeof agencies> {
  const grants = (session()?.grants ?? []).filter((g) => g.role === 'admin' || g.role === 'editor')
  return grants.some((g) => !g.agency) ? agencies() : agencies().filter((a) => grants.some((g) => g.agency === a.code))
}
