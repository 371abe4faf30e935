import './citizen.css'
import { mount } from 'svelte'
import { chooseLocale, locale, startLocale } from '../lib/locale.svelte'
import App from './App.svelte'
import { loadWords } from './messages'

startLocale(['vi', 'km', 'en'], () => undefined)
await loadWords(locale()).then(() => chooseLocale(locale()), () => chooseLocale('vi')) // remembers a language asked for in the address
mount(App, { target: document.getElementById('app')! })
