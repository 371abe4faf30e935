// Sizes in words, and raw bytes as people can read them. Pure.
import { nbsp, number } from '../../lib/format'
import type { Locale } from '../../lib/locale.svelte'

const steps = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** 0 B · 812 kB · 3,4 GB: thousands, as disks are sold. */
export function sizeText(bytes: number, lang: Locale): string {
  let n = Math.abs(bytes)
  let i = 0
  while (n >= 999.5 && i < steps.length - 1) {
    n /= 1000
    i++
  }
  return `${number(Math.sign(bytes) * n, i > 0 && n < 9.95 ? 1 : 0, lang)}${nbsp}${steps[i]!}`
}

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

/** The bytes as text; JSON on lines of its own. What is not UTF-8 becomes �. */
export function asText(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes)
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** Offset, sixteen bytes, and their letters, a line each. */
export function asHex(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)]
    const hex = part.map((b) => b.toString(16).padStart(2, '0')).join(' ').padEnd(47)
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex}  ${part.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')}`)
  }
  return lines.join('\n')
}

/** Names under "values" of a telemetry payload, one object or an array of them. */
export function valueNames(text: string): string[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return []
  }
  const names = (Array.isArray(body) ? body : [body]).flatMap((r: unknown) => Object.keys((r as { values?: object } | null)?.values ?? {}))
  return [...new Set(names)]
}
