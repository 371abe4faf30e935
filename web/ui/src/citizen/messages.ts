// The words of the citizens' pages. Vietnamese is part of the page; Khmer and
// English are fetched when chosen, so that nobody downloads words they do not read.
import vi from '../../messages/citizen/vi.json'
import { chooseLocale, locale, type Locale } from '../lib/locale.svelte'

export type Message = keyof typeof vi
type Words = Record<Message, string>
type Values = Record<string, string | number>

const words: Partial<Record<Locale, Words>> & { vi: Words } = { vi }

const fetchWords: Partial<Record<Locale, () => Promise<{ default: Words }>>> = {
  km: () => import('../../messages/citizen/km.json'),
  en: () => import('../../messages/citizen/en.json'),
}

/** Fetches the words of a language. Throws when there is no network. */
export async function loadWords(language: Locale): Promise<void> {
  words[language] ??= (await fetchWords[language]!()).default
}

/** Switches the language once its words are here; without a network nothing changes. */
export async function chooseLanguage(next: Locale): Promise<void> {
  await loadWords(next).then(
    () => chooseLocale(next),
    () => undefined,
  )
}

/** Puts values into "{name}" places. */
export function filled(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** `m.step_of({ n: 1, total: 4 })`: a message in the language now in use. Reactive. */
export const m = new Proxy({} as Record<Message, (values?: Values) => string>, {
  get: (_, key: Message) => (values?: Values) => filled((words[locale()] ?? vi)[key], values),
})
