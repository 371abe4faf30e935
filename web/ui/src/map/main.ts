import '../lib/tokens.css'
import '../lib/base.css'
import { mount } from 'svelte'
import { startLocale } from '../lib/locale.svelte'
import { startTheme } from '../lib/theme.svelte'
import { overwriteGetLocale } from '../paraglide/staff/runtime'
import App from './App.svelte'

startTheme()
startLocale(['vi', 'en'], overwriteGetLocale)

mount(App, { target: document.getElementById('app')! })
