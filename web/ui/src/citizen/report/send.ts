// One attempt to send a report. XMLHttpRequest, because fetch cannot say how much
// of a photo has gone up.
import { Problem } from '../../lib/api'
import type { Draft } from './draft'

/** An upload that has not moved for this long is given up and tried again. */
const stalledMs = 45_000

export interface Attempt {
  draft: Draft
  photo: Blob | null
  language: string // of the answer; the report keeps its own
  onProgress: (share: number) => void // 0 to 1 of the bytes sent
  signal: AbortSignal
}

/** Sends the report and returns its tracking code. Throws Problem; status 0 when no answer came. */
export function send({ draft, photo, language, onProgress, signal }: Attempt): Promise<string> {
  const xhr = new XMLHttpRequest()
  return new Promise<string>((done, fail) => {
    const lost = () => fail(new Problem(0, 'unreachable', ''))
    const watch = stallWatch(() => xhr.abort())
    xhr.upload.onprogress = (e) => {
      watch.moved()
      if (e.lengthComputable) onProgress(e.loaded / e.total)
    }
    xhr.onload = () => answer(xhr, done, fail)
    xhr.onerror = xhr.onabort = lost
    xhr.onloadend = () => watch.stop()
    signal.addEventListener('abort', () => xhr.abort(), { once: true })
    xhr.open('POST', '/api/v1/public/reports')
    xhr.setRequestHeader('Accept', 'application/json')
    xhr.setRequestHeader('Accept-Language', language)
    xhr.setRequestHeader('Idempotency-Key', draft.key)
    xhr.send(formOf(draft, photo))
  })
}

/** The fields of the API. Small ones come first, the photo last. */
export function formOf(draft: Draft, photo: Blob | null): FormData {
  const form = new FormData()
  form.set('category', draft.category)
  form.set('description', draft.description.trim())
  form.set('language', draft.language)
  if (draft.place?.kind === 'unit') form.set('unit', draft.place.unit)
  if (draft.place?.kind === 'point') {
    form.set('lon', draft.place.lon.toFixed(6))
    form.set('lat', draft.place.lat.toFixed(6))
  }
  if (photo) form.set('photo', photo, 'photo.jpg')
  return form
}

function answer(xhr: XMLHttpRequest, done: (code: string) => void, fail: (problem: Problem) => void): void {
  const body = parsed(xhr.responseText)
  if (xhr.status >= 200 && xhr.status < 300 && body.code) return done(body.code)
  const wait = Number(xhr.getResponseHeader('Retry-After')) || 0
  fail(new Problem(xhr.status, body.code ?? `http_${xhr.status}`, body.detail ?? '', body.field ?? '', wait))
}

function parsed(text: string): { code?: string; detail?: string; field?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string; field?: string }
  } catch {
    return {}
  }
}

function stallWatch(giveUp: () => void) {
  let timer = setTimeout(giveUp, stalledMs)
  return {
    moved() {
      clearTimeout(timer)
      timer = setTimeout(giveUp, stalledMs)
    },
    stop: () => clearTimeout(timer),
  }
}
