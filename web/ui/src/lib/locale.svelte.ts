// The language of the page as a rune: messages read it, so a switch redraws the
// words at once and nothing is loaded again. Each audience has its own messages.

export type Locale = 'vi' | 'en' | 'km'

const key = 'haidang-lang'

let current = $state<Locale>('vi')
let offered: readonly Locale[] = ['vi']

/** The language now in use. Reactive. */
export const locale = (): Locale => current

/**
 * Chooses the language at the start: `?lang=` first, then what was remembered,
 * else Vietnamese. `useGetter` is Paraglide's `overwriteGetLocale`.
 */
export function startLocale(locales: readonly Locale[], useGetter: (get: () => never) => void): void {
  offered = locales
  useGetter((() => current) as () => never)
  const asked = new URLSearchParams(location.search).get('lang') ?? remembered()
  current = locales.find((l) => l === asked) ?? 'vi'
  document.documentElement.lang = current
}

/** Switches the language and remembers it. */
export function chooseLocale(next: Locale): void {
  if (!offered.includes(next)) return
  current = next
  document.documentElement.lang = next
  try {
    localStorage.setItem(key, next)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
