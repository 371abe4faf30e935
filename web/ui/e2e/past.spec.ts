import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, type Page } from '@playwright/test'
import { enter } from './room-steps'

const uses = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...((window as unknown as { haidang: { view?: { countInView(layer: string, column: string): Map<string, number> } } }).haidang.view?.countInView('parcel', 'land_use').keys() ?? [])])

async function sql(statement: string): Promise<string> {
  const { stdout } = await promisify(execFile)('psql', ['-h', join(process.env['HAIDANG_E2E_DATA'] ?? '', 'socket'), '-U', 'haidang', '-d', 'haidang', '-qAtc', statement])
  return stdout.trim()
}

test('a layer is shown as it was, and as it is again', async ({ page }) => {
  await sql(`UPDATE layer_clock SET began = began - interval '2 days' WHERE layer = 'parcel'`)
  await sql(`ALTER TABLE layer_parcel DISABLE TRIGGER layer_stamp; UPDATE layer_parcel SET _since = _since - interval '2 days'; ALTER TABLE layer_parcel ENABLE TRIGGER layer_stamp`)
  await sql(`UPDATE layer_parcel SET land_use = 'DGT'`)
  await page.goto('/')
  await enter(page)
  await page.goto('/ban-do?xem=9.60320,105.97350,16.00&lop=parcel')
  await expect.poll(() => uses(page), { timeout: 60_000 }).toEqual(['DGT'])
  const yesterday = await sql(`SELECT to_char(now() AT TIME ZONE 'Asia/Ho_Chi_Minh' - interval '1 day', 'YYYY-MM-DD"T"HH24:MI')`)
  await page.goto(`/ban-do?xem=9.60320,105.97350,16.00&lop=parcel&luc=parcel@${yesterday}`)
  await expect(page.getByText(`Bản đồ lúc ${yesterday.slice(11)}`)).toBeVisible()
  await expect.poll(async () => (await uses(page)).length, { timeout: 60_000 }).toBeGreaterThan(1) // of one kind they all are now
  await page.screenshot({ path: 'test-results/past.png' })
  await page.getByRole('button', { name: 'Về hiện tại' }).first().click()
  await expect(page).not.toHaveURL(/luc=/)
  await expect.poll(() => uses(page), { timeout: 60_000 }).toEqual(['DGT'])
})
