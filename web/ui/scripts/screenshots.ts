import { fileURLToPath } from 'node:url'
import { statSync } from 'node:fs'
import { devices, expect, test, type Page } from '@playwright/test'
import { enter, measure, salinityStation, settled } from '../e2e/room-steps'

const folder = fileURLToPath(new URL('../../../docs/img/', import.meta.url))
const mostBytes = 400_000
const findMs = 9 * 60_000 // the model needs a few minutes of the province before it speaks

async function shoot(page: Page, name: string, most = mostBytes): Promise<void> {
  const path = `${folder}${name}.png`
  await page.waitForTimeout(4000) // the software renderer draws the last labels
  await page.screenshot({ path, animations: 'disabled' })
  expect(statSync(path).size).toBeLessThan(most)
}

async function firstAlarm(page: Page): Promise<void> {
  await expect(page.locator('#alarm-list li .take').first()).toBeVisible({ timeout: findMs })
}

/** More than one alarm makes a better picture; without it the picture is taken all the same. */
async function someAlarms(page: Page): Promise<void> {
  await firstAlarm(page)
  await expect.poll(() => page.locator('#alarm-list li').count(), { timeout: 180_000 }).toBeGreaterThan(3).catch(() => {})
}

async function openAlarm(page: Page): Promise<void> {
  await page.locator('#alarm-list li button').first().click()
  await expect(page.locator('.u-over, [data-testid=value]').first()).toBeVisible()
}

for (const [name, width, height, query] of [
  ['room', 1366, 768, '/?theme=day'],
  ['room-dim', 1600, 900, '/?theme=dim'],
  ['room-en', 1366, 768, '/?theme=day&lang=en'],
] as const) {
  test(name, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await enter(page, query)
    await settled(page)
    await (name === 'room' ? someAlarms(page) : firstAlarm(page)) // the first one waits for all
    await openAlarm(page)
    await shoot(page, name)
  })
}

test('map', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 720 })
  await enter(page, '/', 'editor')
  const { results } = (await (await page.request.get('/api/v1/map/search?q=chua%20kh%20leang')).json()) as { results: { layer: string; fid: number }[] }
  await page.goto(`/ban-do?xem=9.61500,105.97480,11.20&lop=land_use_plan,road,historic_site&chon=${results[0]!.layer}.${results[0]!.fid}&theme=day`)
  await expect(page.getByRole('complementary', { name: 'Đối tượng' }).locator('dd').first()).toHaveText(/\S/)
  await expect(page.getByText('Đang vẽ bản đồ')).toHaveCount(0, { timeout: 60_000 })
  await page.getByRole('button', { name: /^Quy hoạch sử dụng đất/ }).click()
  await shoot(page, 'map', 250_000)
})

test('account', async ({ page }) => {
  await enter(page, '/thiet-bi?theme=day')
  await page.waitForTimeout(60_000) // a minute of the queue
  await shoot(page, 'account')
})

test('devices', async ({ page }) => {
  await enter(page)
  const station = await salinityStation(page)
  await page.goto(`/thiet-bi/may/${station.id}?dl=salinity&theme=day`)
  await expect(page.locator('tr[data-reading]').first()).toBeVisible()
  await shoot(page, 'devices')
})

test('dead-letters', async ({ page }) => {
  await enter(page, '/?theme=day', 'admin')
  const station = await salinityStation(page)
  await measure(station.id, { do_man: 3.1 })
  await measure(station.id, { do_man: 3.2 })
  await page.goto('/thiet-bi/thu-chet')
  await page.locator('[data-letter]').first().click()
  await shoot(page, 'dead-letters')
})


test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 5']
  test.use({ ...phone, viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 })

  test('room-phone', async ({ page }) => {
    await enter(page, '/?theme=dim')
    await firstAlarm(page)
    await shoot(page, 'room-phone')
  })

  test('citizen', async ({ page }) => {
    await page.goto('/phan-anh')
    await expect(page.getByRole('radio').first()).toBeVisible()
    await shoot(page, 'citizen')
  })
})
