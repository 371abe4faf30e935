import '../lib/tokens.css'
import '../lib/base.css'
import './citizen.css'
import { mount } from 'svelte'
import { chooseLocale, locale, startLocale } from '../lib/locale.svelte'
import App from './App.svelte'
import { loadWords } from './messages'

startLocale(['vi', 'km', 'en'], () => undefined)
await loadWords(locale()).catch(() => chooseLocale('vi'))
mount(App, { target: document.getElementById('app')! })
