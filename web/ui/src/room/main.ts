import '../lib/tokens.css'
import '../lib/base.css'
import { mount } from 'svelte'
import { startLocale } from '../lib/locale.svelte'
import { overwriteGetLocale } from '../paraglide/staff/runtime'
import { startTheme } from '../lib/theme.svelte'
import { live } from './live/live.svelte'
import App from './App.svelte'

startTheme()
startLocale(['vi', 'en'], overwriteGetLocale)
// For tests and for the console: what the page holds.
Object.assign(window, { haidang: live })

mount(App, { target: document.getElementById('app')! })
