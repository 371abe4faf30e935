import { defineConfig } from '@playwright/test'

const root = process.getuid?.() === 0

// The server is started by e2e/server.ts, which says where it listens.
export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  globalSetup: './e2e/server.ts',
  timeout: 90_000,
  expect: { timeout: 20_000 }, // a software renderer on two cores is slow
  workers: 1,
  fullyParallel: false,
  forbidOnly: !!process.env['CI'],
  reporter: [['list']],
  use: {
    baseURL: process.env['HAIDANG_E2E_URL'],
    viewport: { width: 1366, height: 768 },
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['HAIDANG_CHROMIUM'] ?? '/usr/bin/chromium',
      // WebGL 2 without a graphics card; Chromium refuses its sandbox to root.
      args: ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', ...(root ? ['--no-sandbox'] : [])],
    },
  },
})
