// Makes a photo small before it travels. Drawing it anew also leaves behind where
// and with which phone it was taken.

/** Longest edge in pixels after downscaling: enough to read a number plate of a lamp post. */
export const longestEdge = 1600

/** Width and height that fit the longest edge; never larger than before. */
export function fitted(width: number, height: number, edge = longestEdge): { width: number; height: number } {
  const scale = Math.min(1, edge / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/**
 * The photo as a smaller JPEG, turned the way it was held. When the browser
 * cannot read or draw it, or it would not get smaller, the original.
 */
export async function downscaled(file: Blob): Promise<Blob> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const blob = await drawn(bitmap).finally(() => bitmap.close())
    return blob && (blob.size < file.size || file.type !== 'image/jpeg') ? blob : file
  } catch {
    return file
  }
}

function drawn(bitmap: ImageBitmap): Promise<Blob | null> {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, fitted(bitmap.width, bitmap.height))
  const pen = canvas.getContext('2d')
  if (!pen) return Promise.resolve(null)
  pen.fillStyle = '#fff' // under transparent PNGs, which JPEG would turn black
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.82))
}
