// The moment all pages of the account count from; kept in the address.
import { now } from '../clock.svelte'
import { parseSince, sinceQuery, sinceWord, type Since } from './since'

let current = $state<Since>(parseSince(new URLSearchParams(location.search).get('tu')))

export const since = (): Since => current

/** The part of a request's address that says from when. */
export const query = (): string => sinceQuery(current, now())

export function chooseSince(next: Since): void {
  current = next
  const query = new URLSearchParams(location.search)
  if (next === 'start') query.delete('tu')
  else query.set('tu', sinceWord(next))
  const text = query.toString()
  history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''))
}
