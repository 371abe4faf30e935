import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, type Page } from '@playwright/test'
import { enter, faintWords } from './room-steps'
import { program } from './server'

const town = 'xem=9.60320,105.97350,13.00'

/** Waits until there is a map. */
async function drawn(page: Page): Promise<void> {
  await expect(page.locator('canvas.maplibregl-canvas')).toBeVisible()
  await page.waitForFunction(() => 'view' in (window as unknown as { haidang: object }).haidang, undefined, { timeout: 60_000 })
}

/** How many features of each class of a layer are drawn now. */
const classes = (page: Page, layer: string, column: string): Promise<Record<string, number>> =>
  page.evaluate(([layer, column]) => {
    const { view } = (window as unknown as { haidang: { view: { countInView(layer: string, column: string): Map<string, number> } } }).haidang
    return Object.fromEntries(view.countInView(layer!, column!))
  }, [layer, column])

/** Waits until something that can be opened is drawn in the middle of the map. */
const drawnInTheMiddle = (page: Page, at: readonly [number, number]) =>
  expect.poll(() => page.evaluate((at) => (window as unknown as { haidang: { view: { hovers(at: readonly [number, number]): boolean } } }).haidang.view.hovers(at), at), { timeout: 60_000 }).toBe(true)

/** Runs a statement in the server's own database, as any other program would. */
async function sql(statement: string): Promise<string> {
  const data = process.env['HAIDANG_E2E_DATA'] ?? ''
  const { stdout } = await promisify(execFile)('psql', ['-h', join(data, 'socket'), '-U', 'haidang', '-d', 'haidang', '-qAtc', statement])
  return stdout.trim()
}

test('everybody sees the open layers; signing in brings one back to the same place', async ({ page, baseURL }) => {
  const outside: string[] = []
  const complaints: string[] = []
  page.on('request', (r) => !r.url().startsWith(baseURL!) && !/^(blob|data):/.test(r.url()) && outside.push(r.url()))
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()))
  await page.goto(`/ban-do?${town}&theme=day`)
  await drawn(page)
  const tree = page.getByRole('complementary', { name: 'Lớp bản đồ' })
  await expect(tree.getByRole('button', { name: 'Đường bộ', exact: false }).first()).toBeVisible()
  await expect(tree.getByText('Thửa đất')).toHaveCount(0)
  await expect(page.getByRole('contentinfo').getByText('Tự cập nhật')).toBeVisible()
  await expect.poll(() => faintWords(page)).toEqual([])
  expect([outside, complaints]).toEqual([[], []])

  await page.getByRole('link', { name: 'Đăng nhập' }).click()
  await page.getByLabel('Tên đăng nhập').fill('editor')
  await page.getByLabel('Mật khẩu').fill('haidang-demo')
  await page.locator('form').getByRole('button', { name: 'Đăng nhập' }).click()
  await expect(page).toHaveURL(/\/ban-do\?.*xem=9\.60320,105\.97350/)
  await expect(tree.getByText('Thửa đất')).toBeVisible()
})

test('layers: found without marks, switched, thinned; the address says so and the back button takes it back', async ({ page }) => {
  await enter(page, `/ban-do?${town}&lop=road`, 'editor')
  await drawn(page)
  const tree = page.getByRole('complementary', { name: 'Lớp bản đồ' })
  await tree.getByLabel('Tìm lớp').fill('thua dat')
  await expect(tree.getByRole('listitem')).toHaveCount(1)
  await tree.getByRole('button', { name: 'Bật lớp Thửa đất' }).click()
  await expect(page).toHaveURL(/lop=parcel,road/)
  await expect.poll(async () => Object.keys(await classes(page, 'parcel', 'land_use')).length, { timeout: 60_000 }).toBeGreaterThan(2)
  await tree.getByRole('button', { name: /^Thửa đất/ }).click()
  await expect(tree.getByText('Đất chuyên trồng lúa nước')).toBeVisible()
  await tree.getByLabel('Độ đậm').fill('50')
  await expect(page).toHaveURL(/lop=parcel~50,road/)
  await page.goBack()
  await expect(page).toHaveURL(/lop=road/)
  await expect(tree.getByRole('button', { name: 'Bật lớp Thửa đất' })).toBeVisible()
  await page.goForward()
  await expect(tree.getByRole('button', { name: 'Tắt lớp Thửa đất' })).toBeVisible()
})

test('what is merged or left out is said, with figures in the legend', async ({ page }) => {
  await enter(page, `/ban-do?xem=9.60000,105.97000,10.00&lop=parcel`, 'editor')
  await drawn(page)
  await expect(page.getByText('Có gộp hoặc lược bớt: Thửa đất')).toBeVisible({ timeout: 60_000 })
  const tree = page.getByRole('complementary', { name: 'Lớp bản đồ' })
  await tree.getByRole('button', { name: /^Thửa đất/ }).click()
  await expect(tree.getByText(/Khoảng [\d.]+ đối tượng .* được gộp thành|Đang dựng bản khái quát/)).toBeVisible()
  await expect.poll(() => faintWords(page)).toEqual([])
})

test('a link opens the feature it names; Esc closes it, back opens it again', async ({ page }) => {
  await enter(page, '/', 'editor')
  const fid = await sql(`SELECT fid FROM layer_historic_site ORDER BY fid LIMIT 1`)
  await page.goto(`/ban-do?${town}&lop=historic_site&chon=historic_site.${fid}`)
  const card = page.getByRole('complementary', { name: 'Đối tượng' })
  await expect(card.getByRole('heading', { level: 1 })).toHaveText(await sql(`SELECT name FROM layer_historic_site WHERE fid = ${fid}`))
  await expect(card.getByText('Di tích, danh thắng').first()).toBeVisible()
  await expect(card.locator('dd').first()).toHaveText(/\S/)
  await expect(card.getByRole('link', { name: 'OGC API' })).toHaveAttribute('href', new RegExp(`/ogc/collections/historic_site/items/${fid}`))
  await drawn(page)
  await page.keyboard.press('Escape')
  await expect(card).toHaveCount(0)
  await expect(page).not.toHaveURL(/chon=/)
  await page.goBack()
  await expect(card).toBeVisible()
})

test('search: names without marks, and coordinates of both systems', async ({ page }) => {
  await enter(page, `/ban-do?${town}`, 'editor')
  await drawn(page)
  await page.keyboard.press('/')
  const search = page.locator('#search')
  await expect(search).toBeFocused()
  await search.fill('my xuyen')
  await expect(page.getByRole('option').filter({ hasText: 'Mỹ Xuyên' }).first()).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/chon=/)
  await expect(page.getByRole('complementary', { name: 'Đối tượng' })).toContainText('Mỹ Xuyên')
  await search.fill('X 1077655 Y 564031')
  await expect(page.getByRole('option').first()).toContainText('VN-2000')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/xem=9\.74\d+,106\.08\d+/)
  await search.fill('9,60 105,97')
  await expect(page.getByRole('option').first()).toHaveText(/^9,6000\sB\s105,9700\sĐ\s*X 1\.061\.\d{3} Y 551\.\d{3} · VN-2000$/)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/xem=9\.60\d+,105\.97\d+/)
})

test('an edit in the database shows in the open browser by itself', async ({ page }) => {
  await enter(page, `/ban-do?xem=9.60000,105.97000,9.50&lop=historic_site`, 'editor')
  await drawn(page)
  const total = (c: Record<string, number>) => Object.values(c).reduce((a, b) => a + b, 0)
  await expect.poll(async () => total(await classes(page, 'historic_site', 'rank')), { timeout: 60_000 }).toBeGreaterThan(1)
  await expect(page.getByRole('contentinfo').getByText('Tự cập nhật')).toBeVisible()
  const before = await classes(page, 'historic_site', 'rank')
  const [from] = Object.keys(before)
  const to = await sql(`SELECT code FROM code_list_item WHERE list = 'heritage_rank' AND code <> '${from}' ORDER BY position LIMIT 1`).catch(() => '')
  const began = Date.now()
  await sql(`UPDATE layer_historic_site SET rank = '${to || 'thu'}' WHERE rank = '${from}'`)
  await page.waitForFunction(([from]) => {
    const { view } = (window as unknown as { haidang: { view: { countInView(layer: string, column: string): Map<string, number> } } }).haidang
    const now = view.countInView('historic_site', 'rank')
    return now.size > 0 && !now.has(from!)
  }, [from], { polling: 20, timeout: 30_000 })
  console.log(`edit committed and drawn in the open browser within ${Date.now() - began} ms`)
})

test('print: one sheet of A4, one of A3', async ({ page }) => {
  await enter(page, `/ban-do?${town}&lop=parcel,road`, 'editor')
  await drawn(page)
  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog', { name: 'In bản đồ' })
  await expect(dialog).toBeVisible()
  await dialog.getByLabel('Tên bản đồ').fill('Thửa đất quanh chợ Sóc Trăng')
  for (const [paper, width] of [['A4', 842], ['A3', 1191]] as const) {
    await dialog.getByLabel('Giấy').selectOption(paper)
    await expect(dialog.getByRole('button', { name: 'In', exact: true })).toBeEnabled({ timeout: 60_000 })
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1)
    expect(Math.round(Number(/\/MediaBox\s*\[\s*0 0 ([\d.]+)/.exec(pdf)![1]))).toBe(width)
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
})

test('measuring by keyboard, over the ground and in the plane', async ({ page }) => {
  await enter(page, `/ban-do?${town}`, 'editor')
  await drawn(page)
  await page.keyboard.press('m')
  const panel = page.getByRole('region', { name: 'Đo chiều dài' })
  await page.locator('canvas.maplibregl-canvas').focus()
  await page.keyboard.press('Enter')
  const before = page.url()
  await page.keyboard.press('ArrowRight')
  await expect(page).not.toHaveURL(before) // it is written once the map rests
  await page.keyboard.press('Enter')
  await expect(panel.getByRole('row', { name: /Chiều dài/ }).getByRole('cell').first()).toHaveText(/^[\d.]+,\d{2} m$/)
  await expect(panel).toContainText('VN-2000 105°30')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(panel).toHaveCount(0)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Phím tắt' })).toContainText('Chép toạ độ')
})

test('without WebGL 2 there is a table, with pages, order and the feature', async ({ page }) => {
  await enter(page, '/ban-do?webgl=0&lop=parcel&bang=parcel', 'editor')
  await expect(page.getByText('không có WebGL2', { exact: false })).toBeVisible()
  await expect(page.locator('canvas.maplibregl-canvas')).toHaveCount(0)
  const rows = page.locator('tbody tr')
  await expect(rows).toHaveCount(200)
  await page.getByRole('button', { name: 'Trang sau' }).click()
  await expect(page.getByText(/201–400/)).toBeVisible()
  await expect(rows.first().getByRole('cell').nth(1)).toHaveText(/^\d+$/) // a number that names is not an amount
  const area = page.getByRole('columnheader', { name: /Diện tích/ })
  await area.getByRole('button').click()
  await expect(area).toHaveAttribute('aria-sort', 'ascending')
  await expect(page.getByText(/1–200/)).toBeVisible()
  const largest = page.waitForResponse(/sortby=-area_m2/)
  await area.getByRole('button').click()
  const [first] = ((await (await largest).json()) as { features: { properties: { area_m2: number } }[] }).features
  expect(first!.properties.area_m2).toBe(Number(await sql('SELECT max(area_m2) FROM layer_parcel')))
  await rows.first().getByRole('button').focus()
  await page.keyboard.press('ArrowDown')
  await expect(rows.nth(1).getByRole('button')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('complementary', { name: 'Đối tượng' }).locator('dd').first()).toHaveText(/\S/)
  await page.keyboard.press('p') // there is no map to print
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Phím tắt' })).toBeVisible()
})

test('on a wall every dot of the screen is drawn, and a click meets what it points at', async ({ page }) => {
  await page.setViewportSize({ width: 3840, height: 2160 })
  await enter(page, `/ban-do?xem=9.60320,105.97350,16.00&lop=parcel`, 'editor')
  await drawn(page)
  const canvas = page.locator('canvas.maplibregl-canvas')
  expect(await canvas.evaluate((c: HTMLCanvasElement) => c.width / c.getBoundingClientRect().width)).toBeCloseTo(1, 2)
  await drawnInTheMiddle(page, [105.97350, 9.60320])
  const box = (await canvas.boundingBox())!
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await expect(page).toHaveURL(/chon=parcel\.\d+/)
  const [, chosen] = /chon=parcel\.(\d+)/.exec(page.url())!
  const under = `SELECT ST_DWithin(geom_3857, ST_Transform(ST_SetSRID(ST_Point(105.97350, 9.60320), 4326), 3857), 12) FROM layer_parcel WHERE fid = ${chosen}`
  expect(await sql(under)).toBe('t')
})

test('what is joined for its zoom cannot be opened, and the page says what to do', async ({ page }) => {
  await enter(page, `/ban-do?xem=9.58500,105.97350,13.00&lop=parcel`, 'editor')
  await drawn(page)
  await expect.poll(async () => Object.keys(await classes(page, 'parcel', 'land_use')).length, { timeout: 60_000 }).toBeGreaterThan(0)
  await page.locator('canvas.maplibregl-canvas').focus()
  await expect(async () => {
    await page.keyboard.press('Enter') // until what is in the middle is drawn, too
    await expect(page.getByRole('contentinfo').getByText('Phóng to để mở từng đối tượng')).toBeVisible({ timeout: 1000 })
  }).toPass({ timeout: 60_000 })
  await expect(page).not.toHaveURL(/chon=/)
})

test('a scanned plan that was imported is drawn', async ({ page }) => {
  const file = join(await mkdtemp(join(tmpdir(), 'haidang-scan-')), 'scan.tif')
  const run = promisify(execFile)
  await run('gdal_create', ['-q', '-of', 'GTiff', '-outsize', '200', '200', '-bands', '3', '-burn', '180', '-burn', '40', '-burn', '40', '-a_srs', 'EPSG:9209', '-a_ullr', '551700', '1062100', '551900', '1061900', file])
  await run(program, ['import', 'raster', '--layer', 'scan_test', '--title', 'Bản quét thử', '--owner', 'sotnmt', file], { env: { ...process.env, HAIDANG_DATA: process.env['HAIDANG_E2E_DATA'] } })
  await enter(page, `/ban-do?xem=9.60250,105.97290,16.00&lop=`, 'admin')
  await drawn(page)
  const tile = page.waitForResponse((r) => /\/tiles\/scan_test\/\d+/.test(r.url()) && r.status() === 200)
  const tree = page.getByRole('complementary', { name: 'Lớp bản đồ' })
  await tree.getByRole('button', { name: 'Bật lớp Bản quét thử' }).click()
  await tile
  await page.goto('/ban-do?lop=scan_test')
  await drawn(page)
  await tree.getByRole('button', { name: /^Bản quét thử/ }).click()
  await tree.getByRole('button', { name: 'Xem hết lớp' }).click()
  await expect(page).toHaveURL(/xem=9\.60\d+,105\.97\d+,1[5-9]/)
})

test('the day of the map: dated layers of another day, and a mark that it is not today', async ({ page }) => {
  await page.goto(`/ban-do?xem=9.60000,105.97000,9.50&lop=`)
  await drawn(page)
  await page.keyboard.press('t')
  const asked = page.waitForRequest(/\/tiles\/unit\/.*day=2020-05-01/)
  await page.getByLabel(/Hôm nay/).fill('2020-05-01')
  await page.keyboard.press('Tab')
  await asked
  await expect(page).toHaveURL(/ngay=2020-05-01/)
  await expect(page.getByText('Không phải hiện tại')).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: 'Ngày 01/05/2020 ở đây chưa có số liệu' })).toContainText('Ranh giới xã, phường')
  await page.getByRole('button', { name: 'Về hôm nay' }).click()
  await expect(page).not.toHaveURL(/ngay=/)
})

test('when the line is cut the page says so and goes on', async ({ page }) => {
  await page.route('**/api/v1/map/changes', (route) => route.abort())
  await page.goto(`/ban-do?${town}`)
  await drawn(page)
  await expect(page.getByText('Chưa nối được để tự cập nhật')).toBeVisible()
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } })

  test('map, layers and table take turns; nothing sticks out', async ({ page }) => {
    await enter(page, `/ban-do?${town}&lop=historic_site&theme=dim`, 'editor')
    await drawn(page)
    const tabs = page.getByRole('button', { name: 'Lớp', exact: true })
    await tabs.click()
    await expect(page.getByRole('complementary', { name: 'Lớp bản đồ' })).toBeVisible()
    await expect.poll(() => faintWords(page)).toEqual([])
    await page.getByRole('button', { name: 'Bảng', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Bảng' })).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  })
})
