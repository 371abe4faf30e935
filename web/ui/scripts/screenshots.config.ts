// Pictures for the documents: `npm run screenshots`. They show the real program
// with its simulated province, once the model has found something.
import { defineConfig } from '@playwright/test'
import base from '../playwright.config'

export default defineConfig({ ...base, testDir: '.', testMatch: 'screenshots.ts', outputDir: '../test-results', globalSetup: '../e2e/server.ts', timeout: 12 * 60_000 })
