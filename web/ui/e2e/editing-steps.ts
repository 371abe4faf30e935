// What people do in the editor, and what the database has of it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type Browser, type Page } from '@playwright/test'
import { enter } from './room-steps'

export async function sql(statement: string): Promise<string> {
  const data = process.env['HAIDANG_E2E_DATA'] ?? ''
  const { stdout } = await promisify(execFile)('psql', ['-h', join(data, 'socket'), '-U', 'haidang', '-d', 'haidang', '-qAtc', statement])
  return stdout.trim()
}

/** A page of somebody else, on a computer of their own. */
export async function somebody(browser: Browser, account: string, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', baseURL: process.env['HAIDANG_E2E_URL']! })
  const page = await context.newPage()
  await enter(page, path, account)
  return page
}

/** Says how changes of the parcels are decided. */
export async function decided(page: Page, review: 'none' | 'approve'): Promise<void> {
  await page.request.post('/api/v1/session', { data: { account: 'admin', password: 'haidang-demo' } })
  const { etag } = (await (await page.request.get('/api/v1/layers/parcel')).json()) as { etag: string }
  const answer = await page.request.patch('/api/v1/layers/parcel', { data: { review, topology: {} }, headers: { 'If-Match': etag } })
  expect(answer.status()).toBe(200)
}

/** A parcel that no test has touched, also where the server has served tests before. */
export const untouched = () => sql(`SELECT fid FROM layer_parcel WHERE row_version = 1 AND NOT EXISTS (SELECT FROM changeset_edit e WHERE e.fid = layer_parcel.fid) ORDER BY random() LIMIT 1`)

/** Gives up what drafts there are. */
export async function clean(page: Page, account: string): Promise<void> {
  await page.request.post('/api/v1/session', { data: { account, password: 'haidang-demo' } })
  const { changesets } = (await (await page.request.get('/api/v1/changesets?author=me&state=draft')).json()) as { changesets: { id: number; etag: string }[] }
  for (const c of changesets) await page.request.post(`/api/v1/changesets/${c.id}/drop`, { data: {}, headers: { 'If-Match': c.etag } })
}

export const place = async (fid: string) => `${(await sql(`SELECT ST_Y(p) || ',' || ST_X(p) FROM (SELECT ST_Transform(ST_Centroid(geom), 4326) p FROM layer_parcel WHERE fid = ${fid}) t`))},18.60`
export const parcel = async (fid: string, more = '') => `/ban-do?theme=day&lop=parcel&xem=${await place(fid)}&chon=parcel.${fid}${more}`
export const pane = (page: Page) => page.getByRole('complementary', { name: 'Sửa đối tượng' })
export const saved = (page: Page) => expect(page.getByText(/bản nháp, lưu/)).toBeVisible()

export async function type(page: Page, label: string, text: string): Promise<void> {
  await pane(page).getByRole('textbox', { name: label }).fill(text)
  await pane(page).getByRole('textbox', { name: label }).press('Tab')
}

export async function handIn(page: Page, button: string, why: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog', { name: button })
  await dialog.getByLabel('Vì sao sửa').fill(why)
  await dialog.getByRole('button', { name: button }).click()
}
