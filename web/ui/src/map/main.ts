import '../lib/tokens.css'
import '../lib/base.css'
import { mount } from 'svelte'
import { startLocale } from '../lib/locale.svelte'
import { startTheme } from '../lib/theme.svelte'
import { overwriteGetLocale } from '../paraglide/staff/runtime'
import App from './App.svelte'
import { mapLive } from './live.svelte'
import { page } from './page.svelte'

startTheme()
startLocale(['vi', 'en'], overwriteGetLocale)

// For tests and for the console: what the page shows and hears.
Object.assign(window, { haidang: { page, live: mapLive } })

mount(App, { target: document.getElementById('app')! })
