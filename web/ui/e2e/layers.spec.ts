import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test, type Page } from '@playwright/test'
import { enter, faintWords } from './room-steps'

interface Found { id: string; nodes: { html: string }[] }

/** What axe finds wrong with the page, by WCAG 2.2 A and AA. */
async function faults(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(source)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(of: Document, options: object): Promise<{ violations: Found[] }> } }).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  return violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)
}

test('a layer is made of a template, seen on the map, renamed, coloured, given a code, and removed by its code', async ({ page }) => {
  await enter(page, '/ban-do/lop?theme=day', 'admin')
  await expect(page.getByRole('link', { name: 'Thửa đất' })).toBeVisible()
  expect(await faults(page)).toEqual([])
  await expect.poll(() => faintWords(page)).toEqual([])
  await page.getByRole('link', { name: 'Tạo lớp mới' }).click()
  await page.getByLabel('Mẫu').selectOption('mineral')
  await expect(page.getByRole('row', { name: /mineral_kind|Loại khoáng sản/ }).first()).toBeVisible() // the template's columns
  await page.getByLabel('Tên tiếng Việt').fill('Mỏ cát sông Hậu')
  await expect(page.getByLabel('Mã', { exact: true })).toHaveValue('mo_cat_song_hau')
  await page.getByLabel('Mã', { exact: true }).fill('parcel')
  await page.getByLabel('Cơ quan chủ quản').selectOption('sotnmt')
  await page.getByRole('button', { name: 'Tạo lớp', exact: true }).click()
  await expect(page.getByLabel('Mã', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('#cat-new-slug-error')).toContainText('Đã có lớp parcel')
  expect(await faults(page)).toEqual([])
  await page.getByLabel('Mã', { exact: true }).fill('mo_cat')
  await page.getByRole('button', { name: 'Tạo lớp', exact: true }).click()
  await expect(page).toHaveURL('/ban-do/lop/mo_cat')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mỏ cát sông Hậu')

  await page.getByRole('link', { name: 'Sửa: Mô tả lớp' }).click()
  await page.getByLabel('Tên tiếng Việt').fill('Mỏ cát')
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/^\s*Mỏ cát$/)

  // What is not saved is not lost to a slip.
  await page.getByRole('link', { name: 'Sửa: Mô tả lớp' }).click()
  await page.getByLabel('Chủ đề').fill('Khoáng sản')
  await page.getByRole('link', { name: 'Mỏ cát', exact: true }).click() // dialogs are answered with no
  await expect(page).toHaveURL('/ban-do/lop/mo_cat/mo-ta')
  await page.goBack()
  await expect(page).toHaveURL('/ban-do/lop/mo_cat/mo-ta')
  await expect(page.getByLabel('Chủ đề')).toHaveValue('Khoáng sản')
  await page.getByRole('button', { name: 'Thôi' }).click()
  await expect(page).toHaveURL('/ban-do/lop/mo_cat')

  await page.getByRole('link', { name: 'Sửa: Kiểu vẽ' }).click()
  const legend = page.getByRole('complementary', { name: 'Xem trước' }).getByRole('list', { name: 'Chú giải' })
  await expect(legend.getByRole('listitem')).not.toHaveCount(1)
  await page.getByLabel('Màu đúng theo quy định').check()
  await page.getByLabel('Tô màu').selectOption('')
  await expect(legend.getByRole('listitem')).toHaveCount(1) // one colour for all
  await page.locator('#cat-fill + input').fill('#ff')
  await expect(page.locator('#cat-fill-error')).toContainText('#rrggbb')
  await page.locator('#cat-fill + input').fill('#c06000')
  await expect(legend.locator('rect')).toHaveAttribute('fill', '#c06000')
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page).toHaveURL('/ban-do/lop/mo_cat')
  await expect(page.getByRole('list', { name: 'Chú giải' }).locator('rect')).toHaveAttribute('fill', '#c06000')

  await page.getByRole('link', { name: 'Lớp', exact: true }).first().click()
  const tree = page.getByRole('complementary', { name: 'Lớp bản đồ' })
  await tree.getByLabel('Tìm lớp').fill('mo cat')
  await expect(tree.getByRole('button', { name: 'Bật lớp Mỏ cát' })).toBeVisible()
  await expect(tree.locator('rect')).toHaveAttribute('fill', '#c06000')

  await page.goto('/ban-do/lop/mo_cat')
  await page.getByRole('button', { name: 'Xoá lớp' }).click()
  const dialog = page.getByRole('dialog', { name: 'Xoá lớp Mỏ cát' })
  await expect(dialog).toContainText('0 đối tượng')
  await expect(dialog.getByRole('button', { name: 'Xoá lớp' })).toBeDisabled()
  await dialog.getByLabel('Nhập mã lớp').fill('mo_cat')
  await dialog.getByRole('button', { name: 'Xoá lớp' }).click()
  await expect(page).toHaveURL('/ban-do/lop')
  await expect(page.getByRole('link', { name: 'Thửa đất' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Mỏ cát' })).toHaveCount(0)
})

test('a code is added as a new version, from the form and from a table; two at once are told apart', async ({ page }) => {
  await enter(page, '/ban-do/lop/danh-muc/mineral_kind/sua', 'admin')
  await page.getByRole('button', { name: 'Thêm mã' }).click()
  const row = page.locator('tbody tr').last()
  await expect(row.getByRole('textbox').first()).toBeFocused()
  await row.getByRole('textbox').first().fill('thanbun')
  await row.getByRole('textbox').nth(1).fill('Than bùn')
  await page.getByText('Dán hoặc nạp từ bảng tính').click()
  await page.getByLabel('Các cột').fill('Mã\tTên\tMàu\nsetgom\tSét gốm\t#aa7755')
  await page.getByRole('button', { name: 'Đưa vào bảng mã' }).click()
  await page.getByLabel('Căn cứ').fill('Công văn thử')
  await expect(page.getByText('thêm 2, đổi 0, ngừng dùng 0')).toBeVisible()
  expect(await faults(page)).toEqual([])

  // Somebody else is faster.
  const list = (await (await page.request.get('/api/v1/code-lists/mineral_kind')).json()) as { etag: string; codes: object[] }
  const other = await page.request.post('/api/v1/code-lists/mineral_kind/versions', {
    headers: { 'If-Match': list.etag }, data: { validFrom: '2026-01-01', source: 'Người khác', codes: [...list.codes, { code: 'ng', label: { vi: 'Nước nóng', en: '' } }] },
  })
  expect(other.status()).toBe(201)
  await page.getByRole('button', { name: /Ban hành phiên bản/ }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Người khác vừa thay đổi' })).toBeVisible()
  await page.getByRole('button', { name: 'Bỏ phần đang sửa' }).click()
  await expect(page.getByText('Nước nóng').or(page.locator('input[aria-label="Tên tiếng Việt ng"]'))).toBeVisible()
  await page.getByRole('button', { name: 'Thêm mã' }).click()
  await page.locator('tbody tr').last().getByRole('textbox').first().fill('thanbun')
  await page.locator('tbody tr').last().getByRole('textbox').nth(1).fill('Than bùn')
  await page.getByLabel('Căn cứ').fill('Công văn thử')
  await page.getByRole('button', { name: 'Ngừng dùng ng' }).click()
  await page.getByRole('button', { name: /Ban hành phiên bản/ }).click()
  await expect(page).toHaveURL('/ban-do/lop/danh-muc/mineral_kind')
  await expect(page.getByRole('row', { name: /thanbun Than bùn.*mới/ })).toBeVisible()
  await expect(page.getByText('Ngừng dùng: ng (Nước nóng)')).toBeVisible()
  expect(await faults(page)).toEqual([])
  await page.getByRole('link', { name: 'phiên bản 1', exact: true }).click()
  await expect(page).toHaveURL('/ban-do/lop/danh-muc/mineral_kind/1')
  await expect(page.getByRole('cell', { name: 'thanbun' })).toHaveCount(0)
})

test('rights: who may not change a layer reads it, who is not signed in has no such page', async ({ page }) => {
  await enter(page, '/ban-do/lop/parcel', 'operator')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Thửa đất')
  await expect(page.getByRole('link', { name: /^Sửa/ })).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'Tạo lớp mới' })).toHaveCount(0)
  await page.goto('/ban-do/lop/parcel/quyen')
  await expect(page.getByRole('alert')).toContainText('Sở Tài nguyên và Môi trường quản lý')
  const refused = await page.request.patch('/api/v1/layers/parcel', { headers: { 'If-Match': '*', 'Accept-Language': 'vi' }, data: { theme: 'x' } })
  expect(refused.status()).toBe(403)
  expect(((await refused.json()) as { detail: string }).detail).toContain('không có quyền')

  await page.request.delete('/api/v1/session')
  await page.goto('/ban-do/lop')
  await expect(page.getByRole('alert')).toContainText('chưa đăng nhập')
  await expect(page.getByRole('link', { name: 'Danh mục lớp' })).toHaveCount(0)
})

test('an owner binds a right to ground and columns, and says what is checked', async ({ page }) => {
  await enter(page, '/ban-do/lop/sea_area/quyen', 'admin')
  const bounds = page.locator('li', { hasText: 'Sở Tài nguyên và Môi trường' }).locator('details').first()
  await bounds.getByText('không giới hạn').click()
  await bounds.getByLabel(/Chỉ trong địa bàn/).fill('99999')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByText('Không có đơn vị hành chính mã "99999".')).toBeVisible()
  await bounds.getByLabel(/Chỉ trong địa bàn/).fill('')
  await bounds.getByLabel(/Chỉ các cột/).fill('geometry')
  await page.keyboard.press('Tab')
  await expect(bounds.getByText('chỉ geometry')).toBeVisible()
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page).toHaveURL('/ban-do/lop/sea_area')
  await page.getByRole('link', { name: 'Sửa: Kiểm tra hình khi sửa' }).click()
  await page.getByLabel('Ra ngoài xã, phường').selectOption('block')
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByRole('definition').filter({ hasText: 'chặn' }).first()).toBeVisible()
  const kept = (await (await page.request.get('/api/v1/layers/sea_area')).json()) as { topology: Record<string, unknown>; rights: { verb: string; columns?: string[] }[] }
  expect(kept.topology['outside']).toEqual({ severity: 'block' })
  expect(kept.rights.find((r) => r.verb === 'edit')?.columns).toEqual(['geometry'])
})

test('an owner gives and takes rights by keyboard, and adds a column', async ({ page }) => {
  await enter(page, '/ban-do/lop/mineral/quyen', 'admin')
  await page.getByLabel('Xem: thêm người được quyền').selectOption('public')
  await page.getByLabel('Sửa đối tượng: tên tài khoản').fill('editor')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Tài khoản editor')).toBeVisible()
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page).toHaveURL('/ban-do/lop/mineral')
  await expect(page.getByRole('definition').filter({ hasText: 'Mọi người' })).toBeVisible()
  await page.getByRole('link', { name: 'Sửa: Cột dữ liệu' }).click()
  await page.getByRole('button', { name: 'Thêm cột' }).click()
  await page.getByLabel('Tên tiếng Việt 1').fill('Trữ lượng')
  await page.getByLabel('Kiểu 1').selectOption('number')
  await page.getByLabel('Đơn vị 1').fill('m3')
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByRole('row', { name: /Trữ lượng tru_luong số m³/ })).toBeVisible()
})
