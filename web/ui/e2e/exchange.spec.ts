import { expect, test, type Page } from '@playwright/test'
import { geotiff, shapefile, zip, type Plot } from './files'
import { enter, faintWords } from './room-steps'

// "Đường Nguyễn Thị Minh Khai, Sóc Trăng" in TCVN3, a byte a character.
const address = '\u00a7\u00ad\u00eang Nguy\u00d4n Th\u00de Minh Khai, S\u00e3c Tr\u00a8ng'
const plots: Plot[] = Array.from({ length: 6 }, (_, i) => ({ number: i + 1, name: address }))

const choose = (page: Page, name: string, buffer: Buffer) => page.locator('#exch-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer })
const counted = (page: Page, what: string) => page.locator('dl > div').filter({ hasText: what }).locator('dd')
const slow = { timeout: 60_000 } // for what the server works on
const shot = (page: Page, name: string) => (process.env['HAIDANG_SHOTS'] ? page.screenshot({ path: `${process.env['HAIDANG_SHOTS']}/${name}.png` }) : undefined)

test.setTimeout(240_000) // GDAL beside a software renderer, on two busy cores

test('a Shapefile of old letters without a coordinate system becomes a layer; sent again, its changes are shown first', async ({ page }) => {
  await enter(page, '/ban-do/nhap-xuat', 'admin')
  const twice = { number: 6, name: address, ring: [[551_000, 1_060_000], [551_040, 1_060_000], [551_040, 1_060_040], [551_000, 1_060_000]] } satisfies Plot
  const crossed = { number: 8, name: address, ring: [[551_100, 1_060_000], [551_140, 1_060_040], [551_140, 1_060_000], [551_100, 1_060_040], [551_100, 1_060_000]] } satisfies Plot
  await choose(page, 'thua-dat.zip', await shapefile([...plots, twice, crossed]))
  const ways = page.getByRole('radiogroup', { name: 'Hệ toạ độ' })
  await expect(page.getByText(/Tệp không ghi hệ t(oạ|ọa) độ/)).toBeVisible(slow)
  await shot(page, 'decide')
  await ways.getByRole('radio', { name: /EPSG:9209/ }).first().check()
  await expect(page.getByLabel('Bảng mã chữ')).toHaveValue('tcvn3')
  await expect(page.getByRole('cell', { name: 'Đường Nguyễn Thị Minh Khai, Sóc Trăng' }).first()).toBeVisible()
  await page.getByLabel('Nhập vào lớp').selectOption('+')
  await page.getByLabel('Tên tiếng Việt').fill('Lô ruộng nhập thử')
  await expect(page.getByLabel('Mã lớp')).toHaveValue('lo_ruong_nhap_thu')
  await page.getByLabel('Cơ quan chủ quản').selectOption('sotnmt')
  await page.getByLabel('Ai xem được').selectOption('staff')
  await page.getByLabel('Khoá', { exact: true }).selectOption('so_thua')
  await shot(page, 'decide-new')
  await expect.poll(() => faintWords(page)).toEqual([])
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click()

  // Two share a key, one is mended; nothing is applied until somebody says so.
  await expect(counted(page, 'Từ chối')).toHaveText('2', slow)
  await expect(counted(page, 'Thêm')).toHaveText('6')
  await expect(page.getByRole('cell', { name: /Khóa trùng: 2 đối tượng/ }).first()).toBeVisible()
  await page.getByRole('button', { name: /Đã sửa/ }).click()
  await expect(page.getByRole('cell', { name: /Hình học không hợp lệ.*đã sửa/ })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Áp dụng vào lớp' })).toBeDisabled()
  await shot(page, 'refused')
  await page.getByRole('button', { name: 'Quay lại lựa chọn' }).click()
  await page.getByLabel('Vẫn nhập phần đúng').check()
  const drawn = page.waitForResponse(/\/preview\?bbox=/)
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click()
  expect(((await (await drawn).json()) as { features: unknown[] }).features).toHaveLength(6)
  await expect(page.getByRole('img', { name: 'Các đối tượng đã kiểm tra trên bản đồ' }).locator('canvas')).toBeVisible()
  await expect.poll(() => faintWords(page)).toEqual([])
  await shot(page, 'checked')
  await page.getByRole('button', { name: 'Áp dụng vào lớp' }).click()
  await shot(page, 'applied')
  const tile = page.waitForResponse(async (r) => r.url().includes('/tiles/lo_ruong_nhap_thu/') && r.status() === 200 && (await r.body()).length > 0)
  await page.getByRole('link', { name: 'Xem trên bản đồ' }).click()
  await tile
  const items = await page.request.get('/ogc/collections/lo_ruong_nhap_thu/items?f=json')
  expect(((await items.json()) as { features: { properties: { dia_chi: string } }[] }).features.map((f) => f.properties.dia_chi)).toEqual(Array(6).fill('Đường Nguyễn Thị Minh Khai, Sóc Trăng'))
  await shot(page, 'on-map')

  // A year later: one moved, one gone, one new.
  await page.goto('/ban-do/nhap-xuat')
  const later = plots.filter((p) => p.number > 1 && p.number < 6).map((p) => (p.number === 2 ? { ...p, east: 1 } : p))
  await choose(page, 'thua-dat-2026.zip', await shapefile([...later, { number: 20, name: address }]))
  await ways.getByRole('radio', { name: /EPSG:9209/ }).first().check()
  await page.getByLabel('Nhập vào lớp').selectOption('lo_ruong_nhap_thu')
  await page.getByLabel('Xoá những đối tượng của lớp mà tệp không có').check()
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click()
  for (const [what, n] of [['Thêm', 1], ['Đổi', 1], ['Giữ nguyên', 3], ['Không có trong tệp', 2]] as const) await expect(counted(page, what)).toHaveText(String(n), slow)
  await expect(page.getByText('Đổi ở: hình học (1)')).toBeVisible()
  await shot(page, 'again')
  await page.getByRole('button', { name: 'Áp dụng vào lớp' }).click()
  await expect(page.getByRole('link', { name: 'Xem trên bản đồ' })).toBeVisible(slow)
  const after = (await (await page.request.get('/ogc/collections/lo_ruong_nhap_thu/items?f=json')).json()) as { features: { properties: { so_thua: number } }[] }
  expect(after.features.map((f) => Number(f.properties.so_thua)).sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 20])
})

test('what cannot be read is refused with a sentence, and can be put away', async ({ page }) => {
  await enter(page, '/ban-do/nhap-xuat', 'admin')
  await choose(page, 'hỏng.zip', zip([['thua.shp', Buffer.from('không phải Shapefile')]]))
  await expect(page.getByRole('alert')).toContainText('thua.shp không phải Shapefile dù mang tên như vậy', slow)
  await shot(page, 'broken')
  await page.getByRole('button', { name: 'Bỏ lần nhập này' }).click()
  await expect(page.getByText('hỏng.zip')).toHaveCount(0)
  await choose(page, 'thư.docx', Buffer.from('x'))
  await expect(page.getByText(/Không nhập được tệp .thư.docx/)).toBeVisible()
  await shot(page, 'unknown')
})

test('a scanned plan without a coordinate system becomes a layer of pictures', async ({ page }) => {
  await enter(page, '/ban-do/nhap-xuat', 'admin')
  await choose(page, 'quy-hoach.tif', await geotiff(1024))
  await page.getByRole('radio', { name: /EPSG:9209/ }).check()
  await page.getByLabel('Nhập vào lớp').selectOption('+')
  await page.getByLabel('Tên tiếng Việt').fill('Quy hoạch quét')
  await page.getByLabel('Cơ quan chủ quản').selectOption('sotnmt')
  await page.getByLabel('Ngày chụp hoặc đo vẽ').fill('2025-03-01')
  await shot(page, 'picture-decide')
  const small = page.waitForResponse(/\/imports\/\d+\/picture$/)
  await page.getByRole('button', { name: 'Kiểm tra', exact: true }).click()
  expect((await (await small).body()).subarray(1, 4).toString()).toBe('PNG')
  await expect(page.getByText('1.024 × 1.024')).toBeVisible(slow)
  await expect.poll(() => faintWords(page)).toEqual([])
  await shot(page, 'picture-checked')
  await page.getByRole('button', { name: 'Áp dụng vào lớp' }).click()
  const tile = page.waitForResponse((r) => r.url().includes('/tiles/quy_hoach_quet/') && r.status() === 200)
  await page.getByRole('link', { name: 'Xem trên bản đồ' }).click()
  expect((await (await tile).headerValue('content-type')) ?? '').toMatch(/^image\//)
  await page.waitForFunction(() => 'view' in (window as unknown as { haidang: object }).haidang, undefined, { timeout: 60_000 })
  await shot(page, 'picture-on-map')
})
