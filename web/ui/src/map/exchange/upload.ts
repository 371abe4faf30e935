// Sends a file in parts (tus 1.0.0). A part that was cut off is asked for again from
// where the server has it; a broken line is waited out.
import { Problem, problemOf } from '../../lib/api'
import { locale } from '../../lib/locale.svelte'
import type { Import } from './contract'

const partBytes = 4 << 20
const partTimeoutMs = 120_000
const patience = [1, 2, 5, 10, 20, 30, 30, 30] // seconds between tries

const headers = (more: Record<string, string> = {}) => ({ 'Tus-Resumable': '1.0.0', 'Accept-Language': locale(), ...more })

const base64 = (text: string) => btoa(Array.from(new TextEncoder().encode(text), (b) => String.fromCharCode(b)).join(''))

/** Announces the file; its parts are sent by `send`. */
export async function announce(file: File): Promise<Import> {
  const answer = await ask('/api/v1/imports', {
    method: 'POST', headers: headers({ 'Upload-Length': String(file.size), 'Upload-Metadata': `filename ${base64(file.name)}` }),
  })
  return (await answer.json()) as Import
}

async function ask(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(partTimeoutMs)
  let answer: Response
  try {
    answer = await fetch(path, { ...init, signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new Problem(0, timeout.aborted ? 'timeout' : 'unreachable', '')
  }
  if (!answer.ok) throw await problemOf(answer)
  return answer
}

/** Whether trying again can help: the line is down, or the server is busy or was elsewhere. */
const passing = (p: unknown): boolean => p instanceof Problem && (p.status === 0 || p.status === 409 || p.status === 429 || p.status >= 500)

/** Sends what the server does not have yet; `told` hears how far it is, in bytes. */
export async function send(id: number, file: Blob, told: (received: number, waiting: boolean) => void, signal: AbortSignal): Promise<void> {
  const path = `/api/v1/imports/${id}/file`
  let tries = 0
  let offset = -1 // not known
  for (;;) {
    try {
      if (offset < 0) offset = Number((await ask(path, { method: 'HEAD', headers: headers() }, signal)).headers.get('Upload-Offset'))
      told(offset, false)
      if (offset >= file.size) return
      const answer = await ask(path, {
        method: 'PATCH', body: file.slice(offset, offset + partBytes),
        headers: headers({ 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }),
      }, signal)
      offset = Number(answer.headers.get('Upload-Offset'))
      tries = 0
    } catch (cause) {
      if (signal.aborted || !passing(cause) || tries >= patience.length) throw cause
      told(Math.max(offset, 0), true)
      offset = -1
      await pause(patience[tries++]! * 1000, signal)
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason as Error) }, { once: true })
  })
}
