// The smallest router that does: the staff pages share one document, so moving
// between them keeps the live connection.

let path = $state(location.pathname)

let leave = (): boolean => true

addEventListener('popstate', () => {
  if (location.pathname === path || leave()) path = location.pathname
  else history.pushState(null, '', path) // the browser has gone back by itself already
})

/** Has links and the browser's buttons ask before they show another page. What it returns ends that. */
export function guard(ask: () => boolean): () => void {
  leave = ask
  return () => {
    if (leave === ask) leave = () => true
  }
}

/** The path now shown. Reactive. */
export const here = (): string => path

/** Shows another staff page without loading the document again. */
export function go(to: string): void {
  if (to !== location.pathname + location.search) history.pushState(null, '', to)
  path = location.pathname
}

/** Click handler for links between staff pages; keeps new-tab clicks as they are. */
export function follow(event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
  const link = event.currentTarget as HTMLAnchorElement
  event.preventDefault()
  if (leave()) go(link.pathname + link.search)
}
