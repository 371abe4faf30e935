// Taking in a photo: is it one, is it small enough to send, can it be made smaller.
import { downscaled } from './downscale'

/** Largest photo that is sent, in bytes. The server has the same limit. */
export const largest = 10 * 2 ** 20

const sendable = ['image/jpeg', 'image/png', 'image/webp']

export type Taken = { blob: Blob } | { fault: 'photo_type' } | { fault: 'photo_large'; bytes: number }

/** Makes what was chosen ready to send, or says why it cannot be sent. */
export async function take(file: File): Promise<Taken> {
  if (file.type && !file.type.startsWith('image/')) return { fault: 'photo_type' }
  return judged(await downscaled(file))
}

/** The last look at what would be sent. */
export function judged(blob: Blob): Taken {
  if (!sendable.includes(blob.type)) return { fault: 'photo_type' }
  return blob.size > largest ? { fault: 'photo_large', bytes: blob.size } : { blob }
}
