import { expect, test, type Page } from '@playwright/test'
import { clean, pane, parcel, untouched } from './editing-steps'
import { enter } from './room-steps'

const drawn = (page: Page) => expect(page.getByText('Đang vẽ bản đồ')).toHaveCount(0, { timeout: 60_000 })

/** West, south, east, north of what is on the screen. */
const seen = (page: Page): Promise<number[]> => page.evaluate(() => (window as unknown as { haidang: { view: { bounds(): number[] } } }).haidang.view.bounds())
const west = async (page: Page) => (await seen(page))[0]!.toFixed(7)
const height = async (page: Page) => (await page.locator('canvas.maplibregl-canvas').boundingBox())!.height

test('the map stays under the hand while a card opens beside it, and while the editor is on its way', async ({ page }) => {
  const fid = await untouched()
  await enter(page, (await parcel(fid)).replace(/&chon=.*/, ''), 'editor')
  await clean(page, 'editor')
  await drawn(page)
  const [before, tall] = [await west(page), await height(page)]
  const map = (await page.locator('canvas.maplibregl-canvas').boundingBox())!
  await page.mouse.click(map.x + map.width / 2, map.y + map.height / 2)
  await expect(page).toHaveURL(new RegExp(`chon=parcel\\.${fid}`))
  await expect.poll(async () => (await page.locator('canvas.maplibregl-canvas').boundingBox())!.width).toBeLessThan(map.width)
  expect(await west(page)).toBe(before)

  // Its parts come one after another.
  let letGo = () => {}
  const wait = new Promise<void>((go) => (letGo = go))
  await page.route(/assets\/(DraftDock|EditPane)/, async (route) => {
    await wait
    await route.continue()
  })
  await page.keyboard.press('e')
  await expect.poll(() => height(page)).toBeLessThan(tall)
  const there = await seen(page)
  letGo()
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Bản nháp' })).toBeVisible()
  expect(await seen(page)).toEqual(there)
})

test('an editor that does not come says so, and leaves the map as it was', async ({ page }) => {
  await enter(page, await parcel(await untouched()), 'editor')
  await page.route(/assets\/EditPane/, (route) => route.abort())
  await page.getByRole('complementary', { name: 'Đối tượng' }).getByRole('button', { name: 'Sửa', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('Không mở được để sửa')
  await page.getByRole('button', { name: 'Đóng' }).click()
  await expect(page.getByRole('complementary', { name: 'Đối tượng' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Sửa lớp' })).toBeVisible()
})

test('pieces of the map that do not come are told of until they do', async ({ page }) => {
  await page.route(/\/tiles\/parcel\//, (route) => route.fulfill({ status: 500, body: '' }))
  await enter(page, await parcel(await untouched()), 'editor')
  await drawn(page)
  const sign = page.getByText('Chưa tải được một phần: Thửa đất')
  await expect(sign).toBeVisible()
  await page.unroute(/\/tiles\/parcel\//)
  await expect(sign).toHaveCount(0)
})
