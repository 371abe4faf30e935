import { expect, test, type Page } from '@playwright/test'
import { clean, decided, handIn, pane, parcel, saved, somebody, sql, type, untouched } from './editing-steps'
import { faults } from './axe'
import { enter, faintWords } from './room-steps'

test('a morning: a parcel is corrected, approved by another, and changes on a third open map', async ({ page, browser }) => {
  test.slow() // three people, looked at by axe on each page
  await decided(page, 'approve')
  await clean(page, 'editor')
  const fid = await untouched()
  const before = await sql(`SELECT ST_AsText(geom) FROM layer_parcel WHERE fid = ${fid}`)
  const third = await somebody(browser, 'leader', await parcel(fid))
  const card = third.getByRole('complementary', { name: 'Đối tượng' })
  await expect(card.getByText('Diện tích', { exact: true })).toBeVisible()

  await enter(page, await parcel(fid), 'editor')
  await page.getByRole('complementary', { name: 'Đối tượng' }).getByRole('button', { name: 'Sửa', exact: true }).click()
  await expect(page).toHaveURL(/sua=parcel/)
  // From the field straight to a button beneath it, as a hand does it.
  await pane(page).getByRole('textbox', { name: 'Diện tích' }).fill('2.345,5')
  await pane(page).getByRole('button', { name: 'Đỉnh sau' }).click({ delay: 100 })
  await expect(pane(page).getByText(/trước: /)).toBeVisible()
  const x = pane(page).getByLabel('X')
  const moved = Number((await x.inputValue()).replace(',', '.')) + 1.25
  await x.fill(String(moved).replace('.', ','))
  await x.press('Enter')
  await saved(page)
  await expect.poll(() => faults(page)).toEqual([])
  await expect.poll(() => faintWords(page)).toEqual([])

  // One step back and on again; then the browser is closed and opened: the draft is there.
  await page.getByRole('button', { name: 'Hoàn tác bước' }).click()
  await expect.poll(() => sql(`SELECT geom IS NULL FROM changeset_edit WHERE fid = ${fid}`)).toBe('t')
  await page.getByRole('button', { name: 'Làm lại' }).click()
  await expect.poll(() => sql(`SELECT geom IS NULL FROM changeset_edit WHERE fid = ${fid}`)).toBe('f')
  await page.reload()
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toHaveValue('2345,5')
  await handIn(page, 'Gửi duyệt', 'Đo lại ranh theo biên bản 12')
  await expect(page.getByText('Đã gửi duyệt')).toBeVisible()

  const reviewer = await somebody(browser, 'reviewer', '/ban-do?theme=day&lop=parcel')
  await reviewer.getByRole('button', { name: 'Thay đổi' }).click()
  await expect.poll(() => faults(reviewer)).toEqual([])
  let reads = 0 // of the changeset: it is read when it is opened, and when something happens to it
  reviewer.on('request', (r) => void (/\/changesets\/\d+\?/.test(r.url()) && reads++))
  await reviewer.getByRole('button', { name: /Đo lại ranh theo biên bản 12 chờ duyệt/ }).first().click()
  const changes = reviewer.getByRole('complementary', { name: 'Thay đổi' })
  await expect(changes.getByRole('row', { name: /Diện tích .*2\.345,5\sm²/ })).toBeVisible()
  await expect(changes.getByRole('row', { name: /Diện tích [+−][\d,.]+\sm²/ })).toBeVisible() // of the shape, as the author saw it
  await expect(changes.getByRole('img', { name: 'Sau' })).toBeVisible()
  await expect.poll(() => faults(reviewer)).toEqual([])
  await expect.poll(() => faintWords(reviewer)).toEqual([])
  expect(reads).toBeLessThan(5)
  await changes.getByRole('button', { name: 'Trả lại' }).click()
  await expect(changes.getByText('Viết vì sao trả lại.')).toBeVisible()
  await changes.getByRole('button', { name: 'Duyệt', exact: true }).click()
  await expect(changes.getByText('đã áp dụng')).toBeVisible()

  await expect(card.getByText('2.345,5 m²')).toBeVisible() // nobody has loaded that page again
  const after = await sql(`SELECT ST_AsText(geom) FROM layer_parcel WHERE fid = ${fid}`)
  expect(after).not.toBe(before)
  expect(after.split(',').slice(1, -1)).toEqual(before.split(',').slice(1, -1)) // the other vertices to the last digit
  await expect(card.getByText('Đo lại ranh theo biên bản 12')).toBeVisible()
  await third.context().close()
  await reviewer.context().close()
})

test('two people, one attribute: the second sees both and chooses; nothing typed is lost', async ({ page, browser }) => {
  await decided(page, 'none')
  await clean(page, 'admin')
  await clean(page, 'editor')
  const fid = await untouched()
  await enter(page, await parcel(fid, '&sua=parcel'), 'editor')
  await type(page, 'Diện tích', '1111,5')
  const number = `9${fid}` // no other parcel of the sheet has it
  await type(page, 'Số thửa', number)
  await saved(page)

  const other = await somebody(browser, 'admin', await parcel(fid, '&sua=parcel'))
  await type(other, 'Diện tích', '2222,5')
  await saved(other)
  await handIn(other, 'Áp dụng', 'Theo hồ sơ gốc')
  await expect.poll(() => sql(`SELECT area_m2 FROM layer_parcel WHERE fid = ${fid}`)).toBe('2222.5')
  await other.context().close()

  await handIn(page, 'Áp dụng', 'Đo lại')
  const conflict = page.getByRole('region', { name: 'Xung đột' })
  await expect(conflict.getByText('1.111,5')).toBeVisible()
  await expect(conflict.getByText('2.222,5')).toBeVisible()
  await expect(conflict.getByText(/Của họ: .+ \d\d:\d\d/)).toBeVisible()
  await expect(conflict.getByRole('button', { name: 'Giữ như đã chọn' })).toBeDisabled()
  await expect.poll(() => faults(page)).toEqual([])
  await conflict.getByLabel('Của tôi').check()
  await conflict.getByRole('button', { name: 'Giữ như đã chọn' }).click()
  await expect(conflict).toHaveCount(0)
  await expect(pane(page).getByRole('textbox', { name: 'Số thửa' })).toHaveValue(number)
  await handIn(page, 'Áp dụng', 'Đo lại')
  await expect.poll(() => sql(`SELECT area_m2 || ' ' || number FROM layer_parcel WHERE fid = ${fid}`)).toBe(`1111.5 ${number}`)
})

test('a network that goes away loses nothing: what was done waits in the browser', async ({ page, context }) => {
  await decided(page, 'none')
  await clean(page, 'admin')
  await clean(page, 'editor')
  const fid = await untouched()
  await enter(page, await parcel(fid, '&sua=parcel'), 'editor')
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toBeVisible()
  await context.setOffline(true)
  await type(page, 'Diện tích', '3333,5')
  await expect(page.getByText('Chưa gửi được, đang giữ ở máy này')).toBeVisible()
  await type(page, 'Số thửa', 'bảy')
  await expect(pane(page).getByText('Nhập số nguyên')).toBeVisible()
  await context.setOffline(false)
  await page.reload()
  await expect(pane(page).getByRole('textbox', { name: 'Số thửa' })).toHaveValue('bảy')
  await expect.poll(() => sql(`SELECT attributes ->> 'area_m2' FROM changeset_edit WHERE fid = ${fid}`)).toBe('3333.5')
  page.on('dialog', (d) => void d.accept())
  await page.getByRole('button', { name: 'Bỏ bản nháp' }).click()
  await expect(pane(page).getByText('Chọn đối tượng')).toBeVisible()
})

interface Told { id: number; etag: string }

/** What somebody else has done to the parcels, at once and without a page. */
async function applied(page: Page, title: string, edit: object): Promise<number> {
  await page.request.post('/api/v1/session', { data: { account: 'admin', password: 'haidang-demo' } })
  const begun = (await (await page.request.post('/api/v1/changesets', { data: { layer: 'parcel', title } })).json()) as Told
  const put = await page.request.post(`/api/v1/changesets/${begun.id}/edits`, { data: { edits: [edit] }, headers: { 'If-Match': begun.etag } })
  const { changeset } = (await put.json()) as { changeset: Told }
  const done = await page.request.post(`/api/v1/changesets/${begun.id}/submit`, { data: {}, headers: { 'If-Match': changeset.etag } })
  expect(done.status(), await done.text()).toBe(200)
  return begun.id
}

const changesPane = (page: Page) => page.getByRole('complementary', { name: 'Thay đổi' })

test('given back with a reason: the author finds it, opens it again, mends it and hands it in', async ({ page, browser }) => {
  test.slow() // two people, eight pages
  await decided(page, 'approve')
  await clean(page, 'editor')
  const fid = await untouched()
  const why = `Đo lại thửa ${fid}`
  await enter(page, await parcel(fid, '&sua=parcel'), 'editor')
  await type(page, 'Diện tích', '1.234,51')
  await saved(page)
  await handIn(page, 'Gửi duyệt', why)
  await expect(page.getByText('Đã gửi duyệt')).toBeVisible()

  const reviewer = await somebody(browser, 'reviewer', '/ban-do?theme=day&lop=parcel')
  await expect(reviewer.getByRole('button', { name: /Thay đổi gói chờ bạn: [1-9]/ })).toBeVisible()
  await reviewer.getByRole('button', { name: 'Thay đổi' }).click()
  await reviewer.getByRole('button', { name: `${why} chờ duyệt` }).click()
  await expect(changesPane(reviewer).getByRole('row', { name: /Diện tích/ })).toContainText('1.234,51\u00a0m²')
  await changesPane(reviewer).getByLabel('Lời nhắn').fill('Thiếu biên bản đo')
  await changesPane(reviewer).getByRole('button', { name: 'Trả lại' }).click()
  await expect(changesPane(reviewer).getByText('bị trả lại').first()).toBeVisible()

  await page.goto('/ban-do?theme=day&lop=parcel')
  await page.getByRole('button', { name: /Thay đổi gói chờ bạn: [1-9]/ }).click()
  await page.getByRole('button', { name: `${why} bị trả lại` }).click()
  await expect(changesPane(page).getByText('Thiếu biên bản đo')).toBeVisible()
  await changesPane(page).getByRole('button', { name: 'Mở lại' }).click()
  await changesPane(page).getByRole('button', { name: 'Sửa tiếp' }).click()
  await page.getByRole('region', { name: 'Bản nháp' }).getByRole('button', { name: /Diện tích/ }).click()
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toHaveValue('1234,51')
  await type(page, 'Diện tích', '1.234,54')
  await saved(page)
  await handIn(page, 'Gửi duyệt', why)
  await expect(page.getByText('Đã gửi duyệt')).toBeVisible()

  await reviewer.goto('/ban-do?theme=day&lop=parcel&thay-doi=list')
  await reviewer.getByRole('button', { name: `${why} chờ duyệt` }).click()
  await expect(changesPane(reviewer).getByRole('row', { name: /Diện tích/ })).toContainText('1.234,54\u00a0m²')
  await changesPane(reviewer).getByRole('button', { name: 'Duyệt', exact: true }).click()
  await expect.poll(() => sql(`SELECT area_m2 FROM layer_parcel WHERE fid = ${fid}`)).toBe('1234.54')
  await reviewer.context().close()
})

test('a parcel that was deleted comes back from its card, with its shape and number', async ({ page }) => {
  await decided(page, 'none')
  await clean(page, 'admin')
  const fid = await untouched()
  const card = await parcel(fid)
  const whole = () => sql(`SELECT ST_AsText(geom) || number FROM layer_parcel WHERE fid = ${fid}`)
  const before = await whole()
  await applied(page, `Xoá nhầm ${fid}`, { op: 'delete', fid: Number(fid), baseVersion: 1 })
  await clean(page, 'editor')
  await enter(page, card, 'editor')
  const gone = page.getByRole('complementary', { name: 'Đối tượng' })
  await expect(gone.getByText('Đối tượng này không còn')).toBeVisible()
  await expect(gone.getByRole('button', { name: 'đã xoá' })).toBeVisible()
  await expect(gone.getByRole('button', { name: 'Sửa', exact: true })).toHaveCount(0)
  await expect.poll(() => faults(page)).toEqual([])
  await gone.getByRole('button', { name: 'Khôi phục bản 1' }).click()
  await changesPane(page).getByRole('button', { name: 'Sửa tiếp' }).click()
  await handIn(page, 'Áp dụng', 'Khôi phục thửa xoá nhầm')
  await expect.poll(whole).toBe(before)
})

test('a whole changeset is undone from the page', async ({ page }) => {
  await decided(page, 'none')
  await clean(page, 'admin')
  const fid = await untouched()
  const area = () => sql(`SELECT area_m2 FROM layer_parcel WHERE fid = ${fid}`)
  const before = await area()
  const id = await applied(page, 'Sửa nhầm', { op: 'update', fid: Number(fid), baseVersion: 1, properties: { area_m2: 4321.5 } })
  await expect.poll(area).toBe('4321.5')
  await enter(page, `/ban-do?theme=day&lop=parcel&thay-doi=${id}`, 'editor')
  page.on('dialog', (d) => void d.accept())
  await changesPane(page).getByRole('button', { name: 'Hoàn tác', exact: true }).click()
  await expect.poll(area).toBe(before)
  await expect(changesPane(page).getByRole('heading', { name: `Hoàn tác gói thay đổi ${id}` })).toBeVisible()
})

test('editing begins with the pointer and the layer as it is now; where there is no room it says so', async ({ page }) => {
  const fid = await untouched()
  const at = await parcel(fid)
  await enter(page, at, 'editor')
  await expect(page.getByRole('button', { name: 'Sửa', exact: true })).toBeVisible()
  await page.keyboard.press('m')
  await expect(page.getByRole('button', { name: 'Đo dài' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('e')
  await expect(page).toHaveURL(/sua=parcel/)
  await page.getByRole('button', { name: 'Ra khỏi sửa' }).click()
  await expect(page.getByRole('button', { name: 'Đo dài' })).toHaveAttribute('aria-pressed', 'false')

  await page.goto(`${at}&sua=parcel&luc=parcel@${new Date(Date.now() + 7 * 3600_000).toISOString().slice(0, 16)}`)
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toBeVisible()
  await expect(page).not.toHaveURL(/luc=/)

  await page.setViewportSize({ width: 600, height: 800 })
  await page.goto(at)
  await expect(page.getByText('Muốn sửa, hãy mở trang này trên màn hình rộng')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Sửa', exact: true })).toHaveCount(0)
})

const world = 512 // the width of the Mercator plane at zoom 0

/** Where places are on the screen: the address says where the map looks. */
async function onScreen(page: Page): Promise<(lon: number, lat: number) => [number, number]> {
  const box = (await page.locator('canvas').first().boundingBox())!
  const [lat0, lon0, zoom] = new URL(page.url()).searchParams.get('xem')!.split(',').map(Number) as [number, number, number]
  const north = (lat: number) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)
  return (lon, lat) => [box.x + box.width / 2 + ((lon - lon0) / 360) * world * 2 ** zoom, box.y + box.height / 2 - (north(lat) - north(lat0)) * world * 2 ** zoom]
}

test('by hand: an area is drawn, another split from corner to corner, a corner dragged, and all of it undone and done again', async ({ page }) => {
  test.slow() // each step waits for the map to be drawn
  await decided(page, 'none')
  await clean(page, 'admin')
  await clean(page, 'editor')
  // A convex one that fills a third of the map.
  const fid = await sql(`SELECT fid FROM layer_parcel p WHERE row_version = 1 AND ST_NPoints(geom) = ST_NPoints(ST_ConvexHull(geom)) AND ST_NPoints(geom) >= 5
    AND NOT EXISTS (SELECT FROM changeset_edit e WHERE e.fid = p.fid) ORDER BY abs(ST_MaxDistance(geom, geom) - 45) LIMIT 1`)
  const corners = (await sql(`SELECT ST_X(geom), ST_Y(geom) FROM ST_DumpPoints((SELECT ST_Transform(geom, 4326) FROM layer_parcel WHERE fid = ${fid}))`)).split('\n').map((row) => row.split('|').map(Number) as [number, number])
  await enter(page, await parcel(fid, '&sua=parcel'), 'editor')
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toBeVisible()
  await page.waitForLoadState('networkidle')
  await expect.poll(() => page.evaluate(([lat, lon]) => (window as unknown as { haidang: { view?: { hovers(at: number[]): boolean } } }).haidang.view?.hovers([lon!, lat!]), new URL(page.url()).searchParams.get('xem')!.split(',').map(Number))).toBe(true)
  const screen = await onScreen(page)
  const [a, c] = [corners[0]!, corners[Math.floor((corners.length - 1) / 2)]!].map(([lon, lat]) => screen(lon, lat))
  const edits = (of: string) => sql(`SELECT count(*) FROM changeset_edit e JOIN changeset s ON s.id = e.changeset WHERE s.state = 'draft' AND ${of}`)

  // A new area, closed by a click on its first corner.
  const undo = page.getByRole('button', { name: 'Hoàn tác bước' })
  const redo = page.getByRole('button', { name: 'Làm lại' })
  await page.getByRole('button', { name: 'Bắt điểm' }).click()
  await page.getByRole('button', { name: 'Vẽ', exact: true }).click()
  for (const [x, y] of [[0, 0], [60, 0], [60, 60], [0, 0]] as const) await page.mouse.click(a![0] + x, a![1] + y)
  await expect(pane(page).getByRole('heading', { name: 'Đối tượng mới' })).toBeVisible()
  await undo.click()
  await expect(pane(page).getByRole('heading', { name: 'Đối tượng mới' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Bắt điểm' }).click()

  // A parcel split from corner to corner, clicked a little beside them.
  await page.mouse.click((a![0] + c![0]) / 2, (a![1] + c![1]) / 2)
  await expect(pane(page).getByRole('textbox', { name: 'Diện tích' })).toBeVisible()
  await page.getByRole('button', { name: 'Tách', exact: true }).click()
  await page.mouse.click(a![0] + 2, a![1] - 2)
  await page.mouse.click(c![0] - 2, c![1] + 2)
  await page.mouse.click(c![0] - 2, c![1] + 2)
  await expect(pane(page).getByText(/Đã tách thành 2/)).toBeVisible()
  await expect.poll(() => edits(`e.fid = ${fid}`)).toBe('1')
  await undo.click()
  await expect.poll(() => edits(`e.fid = ${fid}`)).toBe('0')
  await redo.click()
  await expect.poll(() => edits(`e.fid = ${fid}`)).toBe('1')

  // A corner that is clicked stays, one that is dragged moves; typed, the focus goes on.
  const shape = () => sql(`SELECT ST_AsText(e.geom) FROM changeset_edit e JOIN changeset s ON s.id = e.changeset WHERE s.state = 'draft' AND e.fid = ${fid}`)
  const before = await shape()
  await page.mouse.move(a![0], a![1])
  await page.mouse.down()
  await page.mouse.move(a![0] + 2, a![1] + 1)
  await page.mouse.up()
  await expect(pane(page).getByLabel('X')).toBeVisible()
  expect(await shape()).toBe(before)
  await page.mouse.down()
  await page.mouse.move(a![0] + 12, a![1] + 14)
  await page.mouse.move(a![0] + 24, a![1] + 27)
  await page.mouse.up()
  await expect.poll(shape).not.toBe(before)
  const x = pane(page).getByLabel('X')
  await x.fill(String(Number((await x.inputValue()).replace(',', '.')) + 0.5).replace('.', ','))
  await x.press('Tab')
  await expect(pane(page).getByLabel('Y')).toBeFocused()

  await saved(page)
  const last = await shape()
  await page.getByRole('button', { name: 'Ra khỏi sửa' }).click()
  await expect(pane(page)).toHaveCount(0)
  expect(await shape()).toBe(last)
})
