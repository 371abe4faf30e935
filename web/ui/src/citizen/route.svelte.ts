// Where the reader is: the path chooses the page, the hash the step of a report.
// Steps are history entries, so the phone's back button goes one question back.

let path = $state(location.pathname)
let hash = $state(location.hash.slice(1))
let memo = $state<unknown>(history.state)

addEventListener('popstate', read)

function read(): void {
  path = location.pathname
  hash = location.hash.slice(1)
  memo = history.state
}

/** Path, hash without "#", and what was kept with this history entry. Reactive. */
export const route = {
  get path() { return path },
  get hash() { return hash },
  get memo() { return memo },
}

/** Goes to an address of these pages; `kept` survives a reload of that entry. */
export function go(to: string, kept: unknown = null, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](kept, '', to)
  read()
}

/** Click handler of a plain link: stays on the page unless a new tab was asked for. */
export function follow(event: MouseEvent & { currentTarget: HTMLAnchorElement }): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  go(event.currentTarget.pathname + event.currentTarget.hash)
}
