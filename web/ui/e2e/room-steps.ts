// What a person in the room does, and what the server holds, for the tests.
import { expect, type Page } from '@playwright/test'
import { send } from './device'
import { secretOf } from './server'

export interface HeldThing {
  id: string
  name: string
  sector: string
  unit: string
  type: string
  intervalS: number
  streams: { id: number; property: string; value: number | null; time: string | null }[]
}

export interface HeldState {
  things: HeldThing[]
  alarms: { id: number; state: string }[]
  requests: { code: string; status: string }[]
}

/** Signs in through the API, as the page would, and opens a staff page. */
export async function enter(page: Page, path = '/', account = 'operator'): Promise<void> {
  const answer = await page.request.post('/api/v1/session', { data: { account, password: 'haidang-demo' } })
  expect(answer.status()).toBe(200)
  await page.goto(path)
}

/** What the server says it holds. */
export async function serverState(page: Page): Promise<HeldState> {
  return (await (await page.request.get('/api/v1/state')).json()) as HeldState
}

/** Sends one reading as a simulated device, measured now. */
export const measure = (thing: string, values: Record<string, number>): Promise<void> => burst(thing, [values])

/** Sends readings one after another over one connection, a millisecond apart, the last measured now. */
export async function burst(thing: string, readings: readonly Record<string, number>[]): Promise<void> {
  const now = Date.now()
  const timed = readings.map((values, i) => ({ time: new Date(now - readings.length + 1 + i), values }))
  await send(Number(process.env['HAIDANG_E2E_MQTT']), thing, await secretOf(thing), timed)
}

/** Waits until the room shows stations. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByTestId('live')).toContainText(/Trực tiếp|Live/, { timeout: 30_000 })
}

/** A salinity station that has spoken. */
export async function salinityStation(page: Page): Promise<HeldThing> {
  let found: HeldThing | undefined
  await expect(async () => {
    const { things } = await serverState(page)
    found = things.find((t) => t.type === 'salinity_station' && t.streams.some((s) => s.property === 'salinity' && s.value !== null))
    expect(found).toBeDefined()
  }).toPass({ timeout: 60_000 })
  return found!
}

/** The ratio of contrast between two CSS colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const light = (css: string) => {
    const full = css.startsWith('color(') ? 1 : 255 // color(srgb …) counts to 1
    const [r, g, blue] = css.match(/[\d.]+/g)!.slice(0, 3).map((x) => {
      const c = Number(x) / full
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * blue!
  }
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

/** Words on the page whose contrast with their ground is below 4.5:1; fails where there are no words. */
export async function faintWords(page: Page): Promise<[string, string, string][]> {
  const words = await page.evaluate(() => {
    const opaque = (el: Element | null): string => {
      for (let at = el; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor
        if (!/, 0\)$|transparent/.test(colour)) return colour
      }
      return getComputedStyle(document.body).backgroundColor
    }
    const seen = new Map<string, [string, string, string]>()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement!
      if (!node.textContent!.trim() || el.closest('.sr, [hidden], option, svg') || !el.getClientRects().length) continue
      const pair = [getComputedStyle(el).color, opaque(el)] as const
      seen.set(pair.join(), [node.textContent!.trim().slice(0, 30), ...pair])
    }
    return [...seen.values()]
  })
  expect(words.length).toBeGreaterThan(5)
  return words.filter(([, colour, ground]) => contrast(colour, ground) < 4.5)
}
