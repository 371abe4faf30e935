import { expect, test } from '@playwright/test'
import { enter, serverState } from './room-steps'

// The model needs the devices' past and a minute or two before it speaks, so this
// test waits for one of the province's own faults to be found.
test('an alarm found by the model is taken, with a note, by name', async ({ page }) => {
  test.setTimeout(9 * 60_000)
  await enter(page, '/?webgl=0')
  const alarm = page.locator('#alarm-list li').filter({ has: page.locator('.take') }).first()
  await expect(alarm).toBeVisible({ timeout: 8 * 60_000 })
  const id = Number(await alarm.getAttribute('data-alarm'))
  const row = page.locator(`[data-alarm="${id}"]`)
  await row.locator('.take').click()
  const dialog = page.getByRole('dialog', { name: 'Nhận báo động' })
  await dialog.getByRole('textbox').fill('Đã gọi trạm, đang cử người')
  await dialog.getByRole('button', { name: 'Nhận', exact: true }).click()
  await expect(dialog).toHaveCount(0)
  await expect(row).toContainText('operator nhận')
  await expect(row.locator('.take')).toHaveCount(0)
  const { alarms } = await serverState(page)
  expect(alarms.find((a) => a.id === id)!.state).toBe('acked')
  const detail = await (await page.request.get(`/api/v1/alarms/${id}`)).json()
  expect(detail.alarm.ackedBy).toBe('operator')
  expect(detail.events.at(-1).note).toBe('Đã gọi trạm, đang cử người')
})
