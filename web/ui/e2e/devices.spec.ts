// The pages by which an operator trusts his sensors, against the real server and
// real publishes.
import { expect, test, type Locator, type Page } from '@playwright/test'
import { send } from './device'
import { enter, faintWords, measure, salinityStation } from './room-steps'
import { secretOf } from './server'

const port = Number(process.env['HAIDANG_E2E_MQTT'])

const count = (text: string) => Number(text.replaceAll('.', '').replace('−', '-'))
/** The figures of an equation, the total first. */
const figures = async (page: Page, id: string) => (await page.getByTestId(id).locator('.t22').allInnerTexts()).map(count)
const sum = (list: number[]) => list.reduce((a, b) => a + b, 0)

/** Opens the dialog of an act on a reading, gives a reason, and waits until it is done. */
async function act(page: Page, row: Locator, button: RegExp, reason: string, before?: (dialog: Locator) => Promise<unknown>): Promise<void> {
  await row.getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog')
  await before?.(dialog)
  await expect(dialog.locator('.primary')).toBeDisabled() // not without a reason
  await dialog.getByLabel('Lý do').fill(reason)
  await dialog.locator('.primary').click()
  await expect(dialog).toHaveCount(0)
}

test('the account adds up and says so; a bad message and a wrong secret are counted', async ({ page }) => {
  await enter(page)
  const station = await salinityStation(page)
  const secret = await secretOf(station.id)
  await send(port, station.id, secret, [{ time: new Date(), values: { khong_co: 1 } }])
  await send(port, station.id, `${secret}x`, []).catch(() => {}) // a wrong secret is refused and counted
  await measure(station.id, { salinity: 3.3 })

  await page.goto('/thiet-bi')
  await expect(page.getByTestId('truth')).toContainText(/Nhận [\d.]+ tin từ .*0 thiếu/)
  await expect(async () => {
    const [received, ...ends] = await figures(page, 'identity')
    expect(received).toBe(sum(ends))
    const [readings, ...four] = await figures(page, 'equation')
    expect(four).toHaveLength(4)
    expect(readings).toBe(sum(four))
    expect(four[3]).toBeGreaterThanOrEqual(1)
  }).toPass()
  await expect(page.getByRole('region', { name: 'Lần bị từ chối' })).toContainText('đăng nhập sai')
  await expect(page.getByRole('region', { name: 'Các làn ghi sổ' }).locator('tbody tr')).not.toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Cổng nhận tin' })).toContainText('Đang mở')

  await page.getByRole('button', { name: 'hôm nay' }).click()
  await expect(page).toHaveURL(/tu=today/)
  await page.reload()
  await expect(page.getByRole('button', { name: 'hôm nay' })).toHaveAttribute('aria-pressed', 'true')

  await page.getByRole('link', { name: 'Thiết bị', exact: true }).last().click()
  await page.getByRole('searchbox', { name: 'Tìm thiết bị' }).fill(station.id)
  await page.locator('tbody').getByRole('link').first().click()
  await expect(page).toHaveURL(new RegExp(`/thiet-bi/may/${station.id}`))
  await expect(async () => {
    const [readings, ...four] = await figures(page, 'equation')
    expect(readings).toBe(sum(four))
    expect(four[3]).toBeGreaterThanOrEqual(1)
  }).toPass()
  await expect(page.getByText(`v1/things/${station.id}/telemetry`)).toBeVisible()
})

test('the account says what it cannot read again, and keeps the old figures', async ({ page }) => {
  await enter(page, '/thiet-bi')
  await expect(page.getByTestId('truth')).toBeVisible()
  await page.route('**/api/v1/ingest*', (route) => route.abort())
  await expect(page.getByText(/Không đọc lại được: đây là số lúc/)).toBeVisible()
  await expect(page.getByTestId('truth')).toBeVisible()
})

test('gaps in a device\'s own numbers are a strip and a filter', async ({ page }) => {
  await enter(page)
  const station = await salinityStation(page)
  const now = Date.now()
  await send(port, station.id, await secretOf(station.id), [7, 8, 12].map((seq, i) => ({ time: new Date(now + i), seq, values: { salinity: 3 } })))
  await page.goto(`/thiet-bi/may/${station.id}`)
  await expect(page.getByRole('region', { name: 'Số thứ tự của thiết bị' })).toContainText('9 – 11')
  await page.goto('/thiet-bi/danh-sach?loc=gaps')
  await expect(page.locator('tbody')).toContainText(station.id)
})

test('a dead letter is mended by adding a property, replayed, and is a stored reading', async ({ page }) => {
  await enter(page, '/', 'admin')
  const station = await salinityStation(page)
  const { properties } = await (await page.request.get('/api/v1/catalogue')).json()
  const added: string = properties.map((p: { code: string }) => p.code).find((code: string) => !station.streams.some((s) => s.property === code))
  await send(port, station.id, await secretOf(station.id), [{ time: new Date(), values: { [added]: 12.25 } }])

  await page.goto('/thiet-bi/thu-chet')
  await page.getByRole('searchbox', { name: 'Tìm trong nội dung' }).fill(added)
  await page.getByRole('searchbox', { name: 'Mã thiết bị' }).fill(station.id)
  await page.keyboard.press('Tab')
  const rows = page.getByRole('list', { name: 'Tin không ghi được' }).getByRole('listitem')
  await expect(rows).toHaveCount(1)
  await rows.getByRole('button').click()
  const letter = page.getByRole('complementary', { name: 'Tin đang xem' })
  await expect(letter.locator('pre')).toContainText('12.25')
  await letter.getByRole('button', { name: 'Hex' }).click()
  await expect(letter.locator('pre')).toContainText('000000  7b')
  const download = await Promise.all([page.waitForEvent('download'), letter.getByRole('link', { name: 'Tải về' }).click()])
  expect(download[0].suggestedFilename()).toMatch(/\.bin$/)

  await letter.getByRole('button', { name: 'Sửa', exact: true }).click()
  await expect(letter.getByRole('status')).toContainText('Giờ ghi lại được')
  await letter.getByRole('button', { name: 'Ghi lại tin này' }).click()
  await expect(page.getByTestId('replayed')).toContainText('đã lưu 1')
  await page.getByRole('dialog').getByRole('button', { name: 'Đóng' }).last().click()
  await expect(page.getByTestId('outcome')).toContainText('đã lưu 1')

  await page.goto(`/thiet-bi/may/${station.id}?dl=${added}`)
  await expect(page.locator('tr[data-reading]')).toHaveCount(1)
  await expect(page.locator('tr[data-reading]')).toContainText('12')
})

test('a flag shows with its reason and can be taken back; a delete leaves the chart, not the list', async ({ page }) => {
  await enter(page)
  const station = await salinityStation(page)
  await measure(station.id, { salinity: 4.56 })
  await page.goto(`/thiet-bi/may/${station.id}?dl=salinity`)
  const row = page.locator('tr[data-reading]').filter({ hasText: '4,56' }).first()
  const instant = await row.getAttribute('data-reading')
  const same = page.locator(`tr[data-reading="${instant}"]`)
  /** The chart shows all that is listed but the deleted. */
  const drawn = (deleted: number) => expect(async () => {
    const said = await page.getByRole('region', { name: 'Số đo Độ mặn' }).evaluate((part) => [part.querySelector('[role=img]')!.getAttribute('aria-label')!, ...[...part.querySelectorAll('[aria-pressed]')].map((b) => b.textContent!)])
    const of = (words: RegExp) => Number(said.map((s) => words.exec(s)?.[1]).find(Boolean))
    expect([of(/(\d+) số đo/), of(/Đã xoá (\d+)/)]).toEqual([of(/Tất cả (\d+)/) - deleted, deleted])
  }).toPass()
  await act(page, same, /^Gắn cờ, số đo/, 'đầu đo bám rêu', (dialog) => dialog.getByLabel('Cờ').selectOption('stuck'))
  await expect(same).toContainText('đứng yên')
  await expect(same).toContainText('operator: đầu đo bám rêu')
  await act(page, same, /^Bỏ cờ đứng yên/, 'đã rửa đầu đo')
  await expect(same).not.toContainText('đứng yên')

  await drawn(0)
  await act(page, same, /^Xoá, số đo/, 'thử máy')
  await expect(same).toContainText('đã xoá')
  await expect(same).toContainText('thử máy')
  await drawn(1)
  await page.reload() // the newest was deleted, and is still listed
  await drawn(1)
  await act(page, same, /^Khôi phục, số đo/, 'số đúng')
  await expect(same).not.toContainText('đã xoá')
  await drawn(0)
})

test('who may only look sees no buttons that act', async ({ page }) => {
  await enter(page, '/', 'admin')
  const viewer = `xem${Date.now() % 1e8}`
  const made = await page.request.post('/api/v1/accounts', { data: { account: viewer, fullName: 'Người xem', password: 'một câu dễ nhớ', grants: [{ role: 'viewer', agency: '', unit: '' }] } })
  expect(made.ok()).toBe(true)
  await page.request.post('/api/v1/session', { data: { account: viewer, password: 'một câu dễ nhớ' } })
  const station = await salinityStation(page)
  await page.goto(`/thiet-bi/may/${station.id}?dl=salinity`)
  await expect(page.locator('tr[data-reading]').first()).toBeVisible()
  await expect(page.getByRole('button', { name: /^(Gắn cờ|Xoá)/ })).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'Tin không ghi được' })).toHaveCount(0)
  await page.goto('/thiet-bi/luu-giu')
  await expect(page.getByRole('region', { name: 'Giới hạn nhịp gửi' })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Sửa/ })).toHaveCount(0)
})

test('retention: what will go and when is said before it is saved', async ({ page }) => {
  await enter(page, '/thiet-bi/luu-giu', 'admin')
  const row = page.locator('tr').filter({ hasText: 'battery' })
  await row.getByRole('button').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Số tháng lưu giữ').fill('18')
  await expect(dialog.getByRole('status')).toContainText(/Số đo từ 01\/\d\d(\/\d{4})?: 18 tháng\. Tháng đầu tiên bị xoá vào 01\/\d\d\/\d{4}/)
  await dialog.getByRole('button', { name: 'Lưu' }).click()
  await expect(row).toContainText(/từ 01\/\d\d(\/\d{4})?: 18 tháng/)

  const rates = page.getByRole('region', { name: 'Giới hạn nhịp gửi' })
  const type = rates.locator('tbody tr').filter({ hasText: 'Trạm đo mưa' })
  await type.getByRole('button').click()
  await page.getByRole('dialog').getByLabel('Tin mỗi phút').fill('7')
  await page.getByRole('dialog').getByRole('button', { name: 'Lưu' }).click()
  await expect(type).toContainText('7')
})

for (const theme of ['day', 'dim'] as const) {
  test(`every word has contrast and nothing is wider than the screen, ${theme}`, async ({ page }) => {
    await enter(page)
    const station = await salinityStation(page)
    for (const path of ['/thiet-bi', '/thiet-bi/danh-sach', `/thiet-bi/may/${station.id}`, '/thiet-bi/thu-chet', '/thiet-bi/luu-giu']) {
      await page.goto(`${path}?theme=${theme}`)
      await expect(page.locator('main table, main ul').first()).toBeVisible()
      expect([path, await faintWords(page)]).toEqual([path, []])
      const [wide, held] = await page.locator('main').evaluate((main) => [main.scrollWidth, main.clientWidth])
      expect(wide, path).toBeLessThanOrEqual(held!)
    }
  })
}
