import { expect, test, type Page } from '@playwright/test'
import { clean, decided, pane, parcel, saved, sql, type, untouched } from './editing-steps'
import { enter } from './room-steps'

const edits = /\/api\/v1\/changesets\/\d+\/edits$/

/** Holds back what is sent, until it is let go. */
async function held(page: Page): Promise<{ sent: Promise<void>; letGo: () => void }> {
  let letGo = () => {}
  let arrived = () => {}
  const wait = new Promise<void>((go) => (letGo = go))
  const sent = new Promise<void>((go) => (arrived = go))
  await page.route(edits, async (route) => {
    arrived()
    await wait
    await route.continue()
  })
  return { sent, letGo }
}

/** A draft with one edit, made by a program. */
async function begun(page: Page, fid: string, area: number): Promise<number> {
  const begin = await page.request.post('/api/v1/changesets', { data: { layer: 'parcel', title: `Đo lại thửa ${fid}` } })
  const c = (await begin.json()) as { id: number; etag: string }
  const put = await page.request.post(`/api/v1/changesets/${c.id}/edits`, { data: { edits: [{ op: 'update', fid: Number(fid), baseVersion: 1, properties: { area_m2: area } }] }, headers: { 'If-Match': c.etag } })
  expect(put.status(), await put.text()).toBe(200)
  return c.id
}

const drafted = (fid: string) => sql(`SELECT e.attributes->>'area_m2', e.attributes->>'number' FROM changeset_edit e JOIN changeset c ON c.id = e.changeset WHERE e.fid = ${fid} AND c.state = 'draft'`)

test.beforeEach(async ({ page }) => {
  await decided(page, 'approve')
  await clean(page, 'editor')
})

test('who leaves while it is being saved finds all of it again', async ({ page }) => {
  const fid = await untouched()
  await enter(page, await parcel(fid, '&sua=parcel'), 'editor')
  const sending = await held(page)
  await type(page, 'Diện tích', '2.345,5')
  await sending.sent
  await type(page, 'Số thửa', `9${fid}`)
  await page.getByRole('button', { name: 'Ra khỏi sửa' }).click()
  sending.letGo()
  await expect.poll(() => drafted(fid)).toBe(`2345.5|9${fid}`)
})

test('two tabs at one parcel: each adds to what the other has done', async ({ page, context }) => {
  const fid = await untouched()
  const path = await parcel(fid, '&sua=parcel')
  await enter(page, path, 'editor')
  await type(page, 'Số thửa', `8${fid}`)
  await saved(page)
  const other = await context.newPage()
  await other.goto(path)
  await expect(pane(other).getByRole('textbox', { name: 'Số thửa' })).toHaveValue(`8${fid}`)
  await type(other, 'Số thửa', `9${fid}`)
  await saved(other)
  await type(page, 'Diện tích', '2.345')
  await expect.poll(() => drafted(fid)).toBe(`2345|9${fid}`)
  await expect(pane(page).getByRole('textbox', { name: 'Số thửa' })).toHaveValue(`9${fid}`)
})

test('of two drafts the one on the screen is gone on with', async ({ page }) => {
  const [one, two] = [await untouched(), await untouched()]
  const older = await begun(page, one, 1111)
  await begun(page, two, 2222)
  await enter(page, `/ban-do?theme=day&thay-doi=${older}`, 'editor')
  await page.getByRole('button', { name: 'Sửa tiếp' }).click()
  await expect(page).toHaveURL(new RegExp(`sua=parcel\\.${older}`))
  await expect(page.getByRole('heading', { name: `Bản nháp ${older}` })).toBeVisible()
  await expect(page.getByLabel('Chọn bản nháp').locator('option')).toHaveCount(2)
})

test('a draft that was handed in elsewhere is told of, and work goes on', async ({ page }) => {
  const [one, two] = [await untouched(), await untouched()]
  const id = await begun(page, one, 1111)
  await enter(page, await parcel(two, '&sua=parcel'), 'editor')
  await expect(page.getByRole('heading', { name: `Bản nháp ${id}` })).toBeVisible()
  const c = (await (await page.request.get(`/api/v1/changesets/${id}`)).json()) as { etag: string }
  const answer = await page.request.post(`/api/v1/changesets/${id}/submit`, { data: {}, headers: { 'If-Match': c.etag } })
  expect(await answer.json()).toMatchObject({ state: 'submitted' })
  await type(page, 'Diện tích', '2.345')
  await expect(page.getByText(`Bản nháp ${id} đã kết thúc ở nơi khác: chờ duyệt.`)).toBeVisible()
  await expect.poll(() => drafted(two)).toBe('2345|')
})

test('a new parcel gets its number under the hands of who types', async ({ page }) => {
  await enter(page, (await parcel(await untouched())).replace(/&chon=.*/, '&sua=parcel'), 'editor')
  await page.getByRole('button', { name: 'Vẽ', exact: true }).click()
  const map = (await page.locator('canvas.maplibregl-canvas').boundingBox())!
  const [x, y] = [map.x + map.width / 2, map.y + map.height / 2]
  for (const [dx, dy] of [[0, 0], [60, 0], [60, 60], [60, 60]] as const) await page.mouse.click(x + dx, y + dy)
  await expect(pane(page).getByRole('heading', { name: 'Đối tượng mới' })).toBeVisible()
  const sending = await held(page)
  await pane(page).getByLabel('Loại đất').selectOption('LUC')
  await sending.sent
  const area = pane(page).getByRole('textbox', { name: 'Diện tích' })
  await area.pressSequentially('123456789', { delay: 20 })
  sending.letGo()
  await expect(page.getByText(/parcel\.\d+/)).toBeVisible()
  await area.pressSequentially('12345', { delay: 20 })
  await expect(area).toHaveValue('12345678912345')
  await expect(area).toBeFocused()
})
