import { expect, test } from '@playwright/test'
import { enter } from './room-steps'

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
