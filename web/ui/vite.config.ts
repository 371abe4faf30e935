import { fileURLToPath } from 'node:url'
import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env['HAIDANG_URL'] ?? 'http://127.0.0.1:8080'

// The messages of the staff pages. Citizens' pages fetch one language at a time instead (src/citizen/messages.ts).
const messages = paraglideVitePlugin({
  project: './staff.inlang',
  outdir: './src/paraglide/staff',
  outputStructure: 'message-modules',
  strategy: ['localStorage', 'baseLocale'],
  emitGitIgnore: false,
})

export default defineConfig({
  plugins: [messages, svelte()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    chunkSizeWarningLimit: 1200, // the map engine, loaded only where there is a map
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: at('index.html'), citizen: at('citizen.html') } },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/tiles': server,
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
