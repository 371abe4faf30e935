// The smallest router that does: the staff pages share one document, so moving
// between them keeps the live connection.

let path = $state(location.pathname)

addEventListener('popstate', () => (path = location.pathname))

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
  go(link.pathname + link.search)
}
