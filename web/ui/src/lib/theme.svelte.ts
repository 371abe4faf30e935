// The theme follows the light in the room, is chosen per post and remembered;
// the system's setting decides only the first time.

export type Theme = 'day' | 'dim'

const key = 'haidang-theme'
let current = $state<Theme>('day')

/** The theme now in use. Reactive. */
export const theme = (): Theme => current

/** Applies the remembered theme, or the system's at the first visit; `?theme=` wins. */
export function startTheme(): void {
  const asked = new URLSearchParams(location.search).get('theme') ?? read()
  const system: Theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dim' : 'day'
  apply(asked === 'day' || asked === 'dim' ? asked : system)
}

/** Changes the theme and remembers it. */
export function chooseTheme(next: Theme): void {
  apply(next)
  try {
    localStorage.setItem(key, next)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function apply(next: Theme): void {
  current = next
  document.documentElement.dataset['theme'] = next
}

function read(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
