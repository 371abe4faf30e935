import { expect, test } from '@playwright/test'
import { burst, enter, faintWords, measure, salinityStation, serverState, settled } from './room-steps'

test('sign in: a wrong password says so without red, a right one opens the room', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL(/dang-nhap/)
  await page.getByLabel('Tên đăng nhập').fill('operator')
  await page.getByLabel('Mật khẩu').fill('sai-mat-khau')
  await page.locator('form').getByRole('button', { name: 'Đăng nhập' }).click()
  await expect(page.getByRole('alert')).toContainText(/\S/)
  await page.getByLabel('Mật khẩu').fill('haidang-demo')
  await page.locator('form').getByRole('button', { name: 'Đăng nhập' }).click()
  await expect(page).toHaveURL(/\/$/)
  await settled(page)
  await expect(page.getByText('Trực ban', { exact: false }).first()).toBeVisible()
})

test('a reading sent by a device is on the screen within seconds, and in the chart', async ({ page }) => {
  await enter(page)
  await settled(page)
  const station = await salinityStation(page)
  await page.goto(`/?tram=${station.id}`)
  const value = page.getByTestId('value')
  await expect(value).toHaveText(/\d/)
  await measure(station.id, { salinity: 7.77 })
  await expect(value).toHaveText('7,77')
  await expect(page.locator('.u-over')).toBeVisible()
  await page.locator('.u-over').hover({ position: { x: 200, y: 40 } })
  await page.getByRole('button', { name: '6 giờ qua' }).click()
  await expect(page.getByText('6 giờ qua', { exact: true })).toBeVisible()
})

test('the socket is cut under load: the room says so, catches up, and holds what the server holds', async ({ page }) => {
  let refuse = false
  const cuts: (() => Promise<unknown>)[] = []
  await page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
    if (refuse) return void socket.close()
    const server = socket.connectToServer()
    cuts.push(() => Promise.all([socket.close(), server.close()]))
  })
  await enter(page)
  await settled(page)
  const station = await salinityStation(page)
  await page.goto(`/?tram=${station.id}&webgl=0`)
  await settled(page)

  refuse = true
  await page.route('**/api/v1/state', (route) => (refuse ? route.abort() : route.continue()))
  await cuts.at(-1)!()
  await expect(page.getByText(/Mất kết nối với máy chủ từ \d\d:\d\d:\d\d/)).toBeVisible()
  await expect(page.getByTestId('live')).toContainText(/Đứng \d\d:\d\d/)
  await expect(page.getByRole('button', { name: 'Nhận', exact: true })).toHaveCount(0)

  // While nobody listens: eight stations, fifteen readings each, and a last word.
  const { things } = await serverState(page)
  const others = things.filter((t) => t.type === 'salinity_station' && t.id !== station.id).slice(0, 8)
  await Promise.all(others.map((t) => burst(t.id, Array.from({ length: 15 }, (_, i) => ({ salinity: 2 + i / 100 })))))
  await measure(station.id, { salinity: 3.21 })
  refuse = false // it comes back by itself
  await settled(page)
  await expect(page.getByTestId('value')).toHaveText('3,21')

  await expect(async () => {
    const truth = await serverState(page)
    const shown = await page.evaluate(() => {
      const { things, alarms, requests } = (window as unknown as { haidang: { held: { things: Map<string, unknown>; alarms: Map<number, unknown>; requests: Map<string, unknown> } } }).haidang.held
      return { things: [...things.values()], alarms: [...alarms.values()], requests: [...requests.values()] }
    })
    const byId = (list: unknown[], key: string) => Object.fromEntries(list.map((x) => [(x as Record<string, unknown>)[key], x]))
    expect(byId(shown.things, 'id')).toEqual(byId(truth.things, 'id'))
    expect(byId(shown.alarms, 'id')).toEqual(byId(truth.alarms, 'id'))
    expect(byId(shown.requests, 'code')).toEqual(byId(truth.requests, 'code'))
  }).toPass({ timeout: 30_000 })
})

test('filter by sector and by area, in list and address', async ({ page }) => {
  await enter(page, '/?webgl=0')
  await settled(page)
  const rows = page.locator('tbody tr')
  const all = await rows.count()
  await page.getByRole('button', { name: /Xâm nhập mặn/ }).click()
  await expect(page).toHaveURL(/nganh=salinity/)
  const { things } = await serverState(page)
  await expect(rows).toHaveCount(things.filter((t) => t.sector === 'salinity').length)
  const unit = things.find((t) => t.sector === 'salinity')!.unit
  await page.getByLabel('Xã, phường').first().selectOption(unit)
  await expect(rows).toHaveCount(things.filter((t) => t.sector === 'salinity' && t.unit === unit).length)
  await page.reload()
  await settled(page)
  await expect(page.locator('.chips button')).toHaveCount(2)
  for (const _ of [0, 1]) await page.locator('.chips button').first().click()
  await expect(rows).toHaveCount(all)
})

test('without WebGL 2 the room works as list, table and chart, and says so', async ({ page }) => {
  await enter(page, '/?webgl=0')
  await settled(page)
  await expect(page.getByText('không có WebGL2', { exact: false })).toBeVisible()
  await expect(page.locator('canvas.maplibregl-canvas')).toHaveCount(0)
  await page.locator('tbody th button').first().click()
  await expect(page.getByTestId('value')).toBeVisible()
  await expect(page.locator('.u-over')).toBeVisible()
})

test('the map draws land, stations and names, and nothing leaves the host', async ({ page, baseURL }) => {
  const outside: string[] = []
  const complaints: string[] = []
  page.on('request', (r) => !r.url().startsWith(baseURL!) && !/^(blob|data):/.test(r.url()) && outside.push(r.url()))
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()))
  await enter(page)
  await settled(page)
  await expect(page.locator('canvas.maplibregl-canvas')).toBeVisible()
  await expect(page.getByText('Ranh giới gần đúng', { exact: false }).first()).toBeVisible()
  await expect(page.getByText('Số liệu mô phỏng', { exact: false }).first()).toBeVisible()
  await expect(page.getByText(/^\d+ (km|m)$/)).toBeVisible()
  await expect(async () => {
    const colours = await mapColours(await page.locator('canvas.maplibregl-canvas').screenshot(), page)
    expect(colours).toBeGreaterThan(20) // sea alone would be one colour
  }).toPass({ timeout: 60_000 })
  expect(outside).toEqual([])
  expect(complaints).toEqual([])
})

/** Number of different colours in a picture. */
async function mapColours(png: Buffer, page: import('@playwright/test').Page): Promise<number> {
  return await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
    const pen = canvas.getContext('2d')!
    pen.drawImage(bitmap, 0, 0)
    const seen = new Set<number>()
    const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height)
    for (let i = 0; i < data.length; i += 4) seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!)
    return seen.size
  }, png.toString('base64'))
}

test('keys: search, pause, live, help', async ({ page }) => {
  await enter(page, '/?webgl=0')
  await settled(page)
  await page.locator('body').click({ position: { x: 5, y: 300 } })
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Phím tắt' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await expect(page.locator('#search')).toBeFocused()
  await page.keyboard.type('cai con')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/tram=|xa=/)
  await page.locator('#search').blur()
  await page.keyboard.press('Space')
  await expect(page.getByTestId('live')).toContainText('Tạm dừng')
  await page.keyboard.press('l')
  await expect(page.getByTestId('live')).toContainText('Trực tiếp')
})

for (const theme of ['day', 'dim'] as const) {
  test(`every word of the room has a contrast of 4.5:1 or better, ${theme}`, async ({ page }) => {
    await enter(page, `/?theme=${theme}&webgl=0`)
    await settled(page)
    await expect.poll(() => faintWords(page)).toEqual([])
  })
}

test('English is complete and remembered', async ({ page }) => {
  await enter(page, '/?webgl=0')
  await settled(page)
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect(page.getByRole('heading', { name: /Alarms/ })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('link', { name: 'Operations' })).toBeVisible()
})

test('on a phone the list comes first and what is pressed is large', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await enter(page)
  await expect(page.getByRole('heading', { name: 'Báo động', level: 1 })).toBeVisible()
  for (const name of ['Phản ánh', 'Trạm đo', 'Báo động']) {
    const tab = page.getByRole('navigation').getByRole('button', { name })
    expect((await tab.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    await tab.click()
    await expect(tab).toHaveAttribute('aria-current', 'page')
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(wide).toBeLessThanOrEqual(360)
})
