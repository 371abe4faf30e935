// Who is signed in at this post and what they may do.
import { call } from '../lib/api'
import type { Session } from '../lib/types'

let current = $state.raw<Session | undefined>(undefined)

/** The session, or undefined until the server has answered. Reactive. */
export const session = (): Session | undefined => current

/** Whether the person may do this; buttons that would be refused are not shown. */
export const may = (action: string): boolean => current?.actions.includes(action) ?? false

export async function readSession(): Promise<void> {
  current = await call<Session>('/session')
}

export async function signIn(account: string, password: string): Promise<void> {
  current = await call<Session>('/session', { method: 'POST', body: { account, password } })
}

/** Signs out and loads the document again, so that nothing of the session stays in memory. */
export async function signOut(): Promise<void> {
  await call('/session', { method: 'DELETE' })
  location.assign('/dang-nhap')
}
