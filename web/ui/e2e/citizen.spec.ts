import { expect, test, type Page } from '@playwright/test'
import { chooseCommune, chooseKind, codeShown, filed, fillByCommune, onward, sidewaysPhoto } from './citizen-steps'

const unique = (words: string) => `${words} ${Math.random().toString(36).slice(2, 10)}`

test.use({ viewport: { width: 360, height: 800 } })

test('a report by commune, without the map, in Vietnamese, and its way to the end', async ({ page, request }) => {
  const words = unique('Ổ gà lớn trước cổng trường, mưa là đầy nước')
  await page.goto('/phan-anh')
  await expect(page.locator('html')).toHaveAttribute('lang', 'vi')
  await expect(page.getByText('số liệu là mô phỏng')).toBeVisible()
  await fillByCommune(page, words)
  await onward(page).click()
  const code = await codeShown(page)
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()

  await page.reload()
  expect(await codeShown(page)).toBe(code)

  await onward(page).click()
  await expect(page).toHaveURL(`/theo-doi/${code}`)
  await expect(page.getByText(words)).toBeVisible({ timeout: 20_000 })
  await expect(page.locator('ol')).toContainText('Đã nhận')
  await expect(page.locator('ol [aria-current=step]')).toHaveText('Chờ cơ quan xem')
  const report = await filed(request, code)
  expect(report.description).toBe(words)
  expect(report.unitName).toContain('Trần Đề')
})

test('what is missing is named, and the focus goes there', async ({ page }) => {
  await page.goto('/phan-anh')
  await onward(page).click()
  await expect(page.getByRole('alert')).toHaveText('Chọn một loại việc rồi mới tiếp.')
  await chooseKind(page)
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await onward(page).click()
  await expect(page.getByRole('alert').first()).toContainText('Chọn nơi')
  await chooseCommune(page, 'tran de')
  await onward(page).click()
  await page.locator('#description').fill('Ổ gà')
  await onward(page).click()
  await expect(page.locator('#fault')).toContainText('ít nhất 10 ký tự')
  await expect(page.locator('#description')).toBeFocused()
})

test('the browser’s back button goes one question back and loses nothing', async ({ page }) => {
  await page.goto('/phan-anh')
  await fillByCommune(page, 'Cây ngã chắn ngang đường')
  await page.goBack()
  await expect(page.locator('#description')).toHaveValue('Cây ngã chắn ngang đường')
  await page.goBack()
  await expect(page.getByLabel('Xã Trần Đề')).toBeChecked()
  await page.goBack()
  await expect(page.getByRole('radio').first()).toBeChecked()
})

test('by pin on the map, with a photo that was held upright', async ({ page, request }) => {
  await page.goto('/phan-anh')
  await chooseKind(page)
  await page.getByRole('button', { name: 'Chỉ trên bản đồ' }).click()
  const canvas = page.locator('canvas.maplibregl-canvas')
  await expect(canvas).toBeVisible({ timeout: 20_000 })
  await expect(async () => {
    await canvas.click({ position: { x: 180, y: 150 } })
    await expect(page.locator('.chosen')).toContainText('Gần', { timeout: 500 })
  }).toPass({ timeout: 20_000 })
  await onward(page).click()

  const photo = await sidewaysPhoto(page, 2400, 1600)
  await page.locator('input[type=file]').setInputFiles({ name: 'anh.jpg', mimeType: 'image/jpeg', buffer: photo })
  const preview = page.locator('img[alt="Ảnh bạn chọn"]')
  await expect(preview).toBeVisible({ timeout: 15_000 })
  const size = await preview.evaluate(async (img: HTMLImageElement) => (await img.decode(), [img.naturalWidth, img.naturalHeight]))
  expect(size).toEqual([1067, 1600])

  await page.locator('#description').fill(unique('Nước tràn qua bờ kênh'))
  await page.reload()
  await expect(preview).toBeVisible()
  await expect(page.locator('#description')).toHaveValue(/Nước tràn/)

  await onward(page).click()
  const uploaded = page.waitForRequest((r) => r.method() === 'POST' && r.url().endsWith('/public/reports'))
  await onward(page).click()
  await uploaded
  const code = await codeShown(page)
  expect((await filed(request, code)).hasPhoto).toBe(true)
  const stored = await (await request.get(`/api/v1/public/reports/${code}/photo`)).body()
  expect(stored.length).toBeLessThan(photo.length)
  expect(stored.includes('Exif')).toBe(false)

  await page.goto(`/theo-doi/${code}`)
  const shown = page.locator('img[alt="Ảnh kèm phản ánh"]')
  await expect(shown).toBeVisible()
  await expect.poll(() => shown.evaluate((img: HTMLImageElement) => img.naturalHeight > img.naturalWidth)).toBe(true)
})

test('a point outside the province is refused with the remedy', async ({ page, context }) => {
  await context.grantPermissions(['geolocation'])
  await context.setGeolocation({ longitude: 106.7, latitude: 10.78, accuracy: 12 })
  await page.goto('/phan-anh')
  await chooseKind(page)
  await page.getByRole('button', { name: 'Vị trí của tôi' }).click()
  await expect(page.getByRole('alert').first()).toContainText('nằm ngoài tỉnh')
  await onward(page).click()
  await expect(page).toHaveURL(/#noi$/)
  await chooseCommune(page, 'vĩnh châu')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await onward(page).click()
  await expect(page.locator('#description')).toBeVisible()
})

test('without WebGL 2 the list does it', async ({ page }) => {
  await page.addInitScript(() => {
    const real = HTMLCanvasElement.prototype.getContext
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind === 'webgl2' ? null : (real as (...a: unknown[]) => unknown).call(this, kind, ...rest)
    } as typeof real
  })
  await page.goto('/phan-anh')
  await chooseKind(page)
  await page.getByRole('button', { name: 'Chỉ trên bản đồ' }).click()
  await expect(page.getByText('Máy này không vẽ được bản đồ')).toBeVisible()
  await chooseCommune(page, 'tran de')
})

test('in Khmer: language, words and font change, and so does the answer', async ({ page, request }) => {
  const fonts: string[] = []
  page.on('request', (r) => r.resourceType() === 'font' && fonts.push(new URL(r.url()).pathname))
  await page.goto('/phan-anh')
  await expect(page.locator('fieldset')).toBeVisible()
  expect(fonts.filter((f) => f.includes('noto-khmer'))).toEqual([])
  await page.getByRole('button', { name: 'ខ្មែរ' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'km')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('មានរឿងអ្វី?')
  await expect.poll(() => fonts.filter((f) => f.includes('noto-khmer')).length).toBe(1)
  const words = unique('ផ្លូវខូច មានទឹកលិច')
  await fillByCommune(page, words)
  await onward(page).click()
  const code = await codeShown(page)
  expect((await filed(request, code)).description).toBe(words)
  await page.goto(`/theo-doi/${code.toLowerCase()}`)
  await expect(page.locator('html')).toHaveAttribute('lang', 'km')
  await expect(page.locator('ol')).toContainText('បានទទួល')
})

test('the network goes at send and comes back: nothing lost, one report', async ({ page, context, request }) => {
  const words = unique('Đèn đường tắt cả đoạn')
  await page.goto('/phan-anh')
  await fillByCommune(page, words)
  await context.setOffline(true)
  await onward(page).click()
  await expect(page.getByText('Chưa gửi được vì mất mạng')).toBeVisible()
  await expect(page.getByText('Những gì bạn đã nhập không mất')).toBeVisible()
  await expect(page.getByText('Sửa', { exact: true })).toHaveCount(0)
  await context.setOffline(false)
  const code = await codeShown(page)
  expect((await filed(request, code)).description).toBe(words)
})

test('an answer that gets lost makes no second report, also after a reload', async ({ page, request }) => {
  const words = unique('Rác đổ ven kênh lâu ngày')
  const keys: (string | undefined)[] = []
  await page.route('**/api/v1/public/reports', async (route) => {
    keys.push(route.request().headers()['idempotency-key'])
    if (keys.length > 1) return route.continue()
    await route.fetch() // the server takes it …
    await route.abort() // … and the phone never hears of it
  })
  await page.goto('/phan-anh')
  await fillByCommune(page, words)
  await onward(page).click()
  await expect(page.getByText('Chưa gửi được vì mất mạng')).toBeVisible()
  await page.reload()
  const code = await codeShown(page)
  expect(new Set(keys).size).toBe(1)
  expect((await filed(request, code)).description).toBe(words)
  expect(await reportsOf(request, words)).toBe(1)
})

/** How many reports with these words the office has. */
async function reportsOf(request: import('@playwright/test').APIRequestContext, words: string): Promise<number> {
  await signIn(request)
  const { requests } = (await (await request.get('/api/v1/requests?limit=200')).json()) as { requests: { description: string }[] }
  return requests.filter((r) => r.description === words).length
}

async function signIn(request: import('@playwright/test').APIRequestContext): Promise<void> {
  const answer = await request.post('/api/v1/session', { data: { account: 'operator', password: 'haidang-demo' } })
  expect(answer.status()).toBe(200)
}

test('a report sent by a citizen appears in the operations room', async ({ page, browser, baseURL }) => {
  const words = unique('Ngập sâu trước chợ')
  const room = await (await browser.newContext({ baseURL: baseURL!, viewport: { width: 1366, height: 768 } })).newPage()
  await signIn(room.request)
  await room.goto('/')
  await page.goto('/phan-anh')
  await fillByCommune(page, words)
  await onward(page).click()
  const { number } = await filed(page.request, await codeShown(page))
  await expect(room.getByText(number).first()).toBeAttached({ timeout: 20_000 })
  await room.context().close()
})

test('a code is read however it is typed, and a wrong one is told', async ({ page, request }) => {
  const words = unique('Tiếng ồn từ quán karaoke')
  await page.goto('/phan-anh')
  await fillByCommune(page, words)
  await onward(page).click()
  const code = await codeShown(page)
  await filed(request, code)

  await page.goto('/theo-doi')
  await onward(page).click()
  await expect(page.getByRole('alert')).toHaveText('Nhập mã tra cứu.')
  await page.locator('#code').fill('abc')
  await onward(page).click()
  await expect(page.getByRole('alert')).toContainText('bạn đã nhập 3')
  await page.locator('#code').fill(code[0] === '7' ? `8${code.slice(1)}` : `7${code.slice(1)}`)
  await onward(page).click()
  await expect(page.getByRole('alert')).toContainText('gõ sai')
  await page.locator('#code').fill(` ${code.slice(0, 5).toLowerCase()} ${code.slice(5).toLowerCase()}`)
  await page.keyboard.press('Enter')
  await expect(page.getByText(words)).toBeVisible()

  await page.goto('/theo-doi/0000000000')
  await expect(page.getByText('Không có phản ánh nào mang mã 00000-00000')).toBeVisible()
})

for (const language of ['vi', 'km', 'en']) {
  test(`the page weighs less than 90 kB before photo and map (${language})`, async ({ page }) => {
    const bytes = await weightOf(page, `/phan-anh?lang=${language}`)
    test.info().annotations.push({ type: 'weight', description: `${language}: ${bytes} bytes` })
    expect(bytes).toBeGreaterThan(30_000)
    expect(bytes).toBeLessThan(90_000)
  })
}

test('the map is not loaded until it is asked for, and weighs what the page says', async ({ page, request }) => {
  const loaded = new Set<string>()
  page.context().on('request', (r) => loaded.add(new URL(r.url()).pathname))
  await page.goto('/phan-anh')
  await chooseKind(page)
  await expect(page.locator('#communes')).toBeVisible()
  const before = new Set(loaded)
  expect([...before].filter((p) => /maplibre|tiles|PlaceMap/.test(p))).toEqual([])
  const said = Number(/(\d+)\skB/.exec(await page.locator('main').innerText())![1])
  await page.getByRole('button', { name: 'Chỉ trên bản đồ' }).click()
  await expect(page.locator('canvas.maplibregl-canvas')).toBeVisible({ timeout: 20_000 })
  await page.waitForLoadState('networkidle')
  const sizes = [...loaded].filter((p) => !before.has(p)).map(async (p) => Number((await request.head(p, { headers: { 'Accept-Encoding': 'gzip' } })).headers()['content-length'] ?? 0))
  const kilobytes = (await Promise.all(sizes)).reduce((sum, n) => sum + n, 0) / 1000
  expect(kilobytes).toBeGreaterThan(said * 0.85)
  expect(kilobytes).toBeLessThan(said * 1.15)
})

test('all of it by keyboard', async ({ page }) => {
  await page.goto('/phan-anh')
  await page.getByRole('radio').first().focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('radio').nth(1)).toBeChecked()
  await onward(page).press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ở đâu?')
  await page.getByRole('searchbox').focus()
  await page.keyboard.type('vinh')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await expect(page.locator('#communes :checked')).toBeFocused()
  await onward(page).press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.type('Cống kẹt rác, nước không thoát')
  await onward(page).press('Enter')
  await expect(page.locator('dl')).toContainText('Cống kẹt rác')
})

/** Bytes on the wire, headers and all, until the first question stands. */
async function weightOf(page: Page, path: string): Promise<number> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  let bytes = 0
  cdp.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength))
  await page.goto(path)
  await expect(page.locator('fieldset')).toBeVisible()
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready)
  return bytes
}
