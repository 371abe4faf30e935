// What a citizen does on the page, step by step, for the tests.
import { expect, type APIRequestContext, type Page } from '@playwright/test'

/** The big button at the bottom. */
export const onward = (page: Page) => page.locator('footer .primary')

/** Chooses the first kind of problem and goes on. */
export async function chooseKind(page: Page): Promise<void> {
  await page.getByRole('radio').first().check({ force: true })
  await onward(page).click()
}

/** Types letters of a commune and takes the first that is found. */
export async function chooseCommune(page: Page, typed: string): Promise<void> {
  await page.getByRole('searchbox').fill(typed)
  await page.locator('#communes label').first().click()
  await expect(page.locator('#communes :checked')).toHaveCount(1)
}

/** Fills the form up to the last step, with a commune. */
export async function fillByCommune(page: Page, description: string, commune = 'tran de'): Promise<void> {
  await chooseKind(page)
  await chooseCommune(page, commune)
  await onward(page).click()
  await page.locator('#description').fill(description)
  await onward(page).click()
  await expect(page.locator('dl')).toContainText(description)
}

/** The tracking code on the page that follows a sent report, without its dash. */
export async function codeShown(page: Page): Promise<string> {
  const code = page.locator('#code')
  await expect(code).toHaveText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)
  return (await code.innerText()).replace('-', '')
}

/** Waits until the report has been filed and returns what its code opens. */
export async function filed(request: APIRequestContext, code: string): Promise<{ number: string; description: string; unitName: string; hasPhoto: boolean }> {
  let seen: { pending: boolean; number: string; description: string; unitName: string; hasPhoto: boolean } | undefined
  await expect(async () => {
    const answer = await request.get(`/api/v1/public/reports/${code}`)
    expect(answer.status()).toBe(200)
    seen = await answer.json()
    expect(seen!.pending).toBe(false)
  }).toPass({ timeout: 20_000, intervals: [300, 500, 1000] })
  return seen!
}

/** A JPEG with fine noise, lying on its side: its EXIF says to turn it by 90° (orientation 6). */
export async function sidewaysPhoto(page: Page, width: number, height: number): Promise<Buffer> {
  const base64 = await page.evaluate(async ([w, h]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h })
    const pen = canvas.getContext('2d')!
    const image = pen.createImageData(w!, h!)
    for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : (Math.imul(i, 2654435761) >>> 13) & 255
    pen.putImageData(image, 0, 0)
    return canvas.toDataURL('image/jpeg', 0.9).split(',')[1]!
  }, [width, height])
  const jpeg = Buffer.from(base64, 'base64')
  return Buffer.concat([jpeg.subarray(0, 2), exifOrientation6, jpeg.subarray(2)])
}

// APP1 segment: TIFF header, one directory, one entry (0x0112 Orientation = 6).
const exifOrientation6 = Buffer.from('ffe1002245786966000049492a00080000000100120103000100000006000000' + '00000000', 'hex')
