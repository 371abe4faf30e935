// The pages below /thiet-bi. Pure.
export type Route = { page: 'account' | 'list' | 'letters' | 'retention' | 'unknown' } | { page: 'device'; thing: string }

export const paths = { account: '/thiet-bi', list: '/thiet-bi/danh-sach', letters: '/thiet-bi/thu-chet', retention: '/thiet-bi/luu-giu' } as const

// A device's name may be any word, "luu-giu" too: so it has a folder of its own.
const folder = '/thiet-bi/may/'

export const devicePath = (thing: string): string => folder + encodeURIComponent(thing)

export function routeOf(path: string): Route {
  for (const [page, known] of Object.entries(paths)) if (path === known) return { page: page as keyof typeof paths }
  if (!path.startsWith(folder)) return { page: 'unknown' }
  try {
    return { page: 'device', thing: decodeURIComponent(path.slice(folder.length)) }
  } catch {
    return { page: 'unknown' }
  }
}
