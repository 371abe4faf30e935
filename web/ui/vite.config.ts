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
    rollupOptions: {
      input: { index: at('index.html'), citizen: at('citizen.html'), map: at('map.html') },
      // Few files: on a bad network each costs a round trip and its headers.
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: /node_modules\/svelte\/|vite\/preload-helper|src\/lib\/(api|format|locale\.svelte|types)\.ts/ },
            // What the room and the map page share, in one file each can keep.
            { name: 'staff', test: /src\/room\/(parts\/(Icon|icons|Dialog|Logo|Switches|PaneError|AccountMenu|help)|problems|roles|router|session|stations)\b|src\/lib\/(theme|map\/(ScaleBar|scale|webgl))|lib\/(tokens|base)\.css|staff\/messages\/(loading|app_\w+|area(_all)?|account_name|cannot_open|connecting|full_name|layers|map_(all|zoom_(in|out))|nav_label|tab_map|to_room|nav_map|sign_in|password\w*|simulated_\w+|keys?_\w+|search_none)\.js/ },
            // The ground under every map, and what all pages behind /ban-do share.
            { name: 'ground', test: /src\/lib\/(map\/(base|tiles|palette)|fonts\/)/ },
            { name: 'layers', test: /src\/map\/(address|catalogue|live|ogc|page|tone|types|values|vn2000|geo\/ratio|parts\/(Icon|icons|LayerSwatch|Swatch))\b|staff\/messages\/map_(find_layer|measure_(area|length|undo)|print|tab_layers|table|time|tool_pick)\.js/ },
            { name: 'public', test: /src\/citizen\/(Icon|Problem|Loading|icons|messages|network|catalogue|route|report\/(Foot|places|sent)|track\/code)\b|messages\/citizen\/vi/ },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/tiles': server,
      '/ogc': server,
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
