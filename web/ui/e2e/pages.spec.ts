import { expect, test } from '@playwright/test'
import { send } from './device'
import { enter, salinityStation } from './room-steps'
import { secretOf } from './server'

test('devices: the equation holds, a bad message is a dead letter, a wrong secret is refused', async ({ page }) => {
  await enter(page)
  const station = await salinityStation(page)
  const secret = await secretOf(station.id)
  const port = Number(process.env['HAIDANG_E2E_MQTT'])
  await send(port, station.id, secret, [{ time: new Date(), values: { khong_co: 1 } }])
  await send(port, station.id, `${secret}x`, []).catch(() => {}) // a wrong secret is refused and counted

  await page.goto('/thiet-bi')
  await expect(page.getByRole('region', { name: 'Tin bị loại' })).toContainText('đại lượng chưa khai')
  await expect(page.getByRole('region', { name: 'Lần bị từ chối' })).toContainText('đăng nhập sai')
  await page.getByRole('searchbox', { name: 'Tìm thiết bị' }).fill(station.id)
  await page.locator('aside.list li button').first().click()
  await expect(page).toHaveURL(new RegExp(`tb=${station.id}`))

  const numbers = (await page.getByTestId('equation').locator('.t22').allInnerTexts()).map((t) => Number(t.replaceAll('.', '')))
  const { devices } = await (await page.request.get('/api/v1/devices')).json()
  const account = devices.find((d: { thing: string }) => d.thing === station.id)
  expect(numbers[0]).toBe(numbers.slice(1).reduce((a, b) => a + b, 0))
  expect(account.dead).toBeGreaterThanOrEqual(1)
  expect(numbers[4]).toBeGreaterThanOrEqual(1)
  await expect(page.getByRole('main').getByText(`v1/things/${station.id}/telemetry`)).toBeVisible()
})

test('admin: an account is made, given a role, and switched off; the log says who did it', async ({ page }) => {
  const name = `thu${Date.now() % 1e8}`
  await enter(page, '/quan-tri', 'admin')
  await page.getByRole('button', { name: 'Thêm tài khoản' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tên đăng nhập').fill(name)
  await dialog.getByLabel('Họ tên').fill('Người thử')
  await dialog.getByLabel('Mật khẩu').fill('một câu dễ nhớ')
  await dialog.getByLabel('Vai trò').selectOption('operator')
  await dialog.getByRole('button', { name: 'Lưu' }).click()
  const row = page.locator('tr').filter({ hasText: name })
  await expect(row).toContainText('Trực vận hành')

  await row.getByRole('button').click()
  await page.getByLabel('Khoá tài khoản này').check()
  await page.getByRole('button', { name: 'Lưu' }).click()
  await expect(row).toContainText('đã khoá')
  await expect(page.getByRole('complementary', { name: 'Nhật ký' })).toContainText(name)
  const refused = await page.request.post('/api/v1/session', { data: { account: name, password: 'một câu dễ nhớ' } })
  expect(refused.status()).toBe(401)
})

test('admin is not for operators', async ({ page }) => {
  await enter(page, '/quan-tri')
  await expect(page.getByText('Trang này dành cho quản trị.')).toBeVisible()
})

test('first start: without its code the link says what to do; a wrong code is refused', async ({ page }) => {
  await page.goto('/bat-dau')
  await expect(page.getByText('Đường dẫn thiếu mã', { exact: false })).toBeVisible()
  await page.goto('/bat-dau?token=sai')
  await page.getByLabel('Tên đăng nhập').fill('an')
  await page.getByLabel('Họ tên').fill('An')
  await page.getByLabel('Mật khẩu').fill('một câu dễ nhớ')
  await page.getByRole('button', { name: 'Tạo quản trị viên' }).click()
  await expect(page.getByRole('alert')).toContainText(/\S/)
})
