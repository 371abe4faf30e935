// Calls to the server's HTTP API. Refusals arrive as RFC 9457 problems whose
// detail is already in the reader's language; they are thrown as Problem.
import { locale } from './locale.svelte'

/** A refusal or a failed call. `status` 0 means the server was not reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly field = '',
    readonly retryAfterS = 0,
  ) {
    super(detail)
  }
}

interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown // FormData is sent as it is, anything else as JSON
  headers?: Record<string, string>
  signal?: AbortSignal
  timeoutMs?: number
}

const defaultTimeoutMs = 10_000

/** Calls `/api/v1<path>` and returns the decoded answer. Throws Problem. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  let answer: Response
  try {
    answer = await fetch(`/api/v1${path}`, { ...request(options), signal })
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new Problem(0, timeout.aborted ? 'timeout' : 'unreachable', '')
  }
  if (!answer.ok) throw await problemOf(answer)
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

function request({ method = 'GET', body, headers }: CallOptions): RequestInit {
  const common = { Accept: 'application/json', 'Accept-Language': locale(), ...headers }
  if (body === undefined) return { method, headers: common }
  if (body instanceof FormData) return { method, headers: common, body }
  return { method, headers: { ...common, 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const p = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; field?: string }
  const wait = Number(answer.headers.get('Retry-After')) || 0
  return new Problem(answer.status, p.code ?? `http_${answer.status}`, p.detail ?? '', p.field ?? '', wait)
}
