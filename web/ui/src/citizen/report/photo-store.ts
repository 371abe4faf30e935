// One photo in the phone's IndexedDB, kept beside the draft with the draft's key.
// Every call answers within its time or gives up: some browsers never answer in
// private windows.

interface Kept {
  key: string
  blob: Blob
}

const limitMs = 4000

/** Keeps the photo of a draft in place of any other; false when the phone cannot. */
export async function keepPhoto(key: string, blob: Blob): Promise<boolean> {
  return (await run('readwrite', (s) => s.put({ key, blob } satisfies Kept, 'photo'))) !== undefined
}

/** The photo kept for this draft, or null. */
export async function keptPhoto(key: string): Promise<Blob | null> {
  const kept = (await run('readonly', (s) => s.get('photo'))) as Kept | undefined
  return kept?.key === key ? kept.blob : null
}

/** Removes the kept photo. */
export async function dropPhoto(): Promise<void> {
  await run('readwrite', (s) => s.delete('photo'))
}

function run(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const work = open().then(
    (db) =>
      new Promise<unknown>((done, fail) => {
        const request = act(db.transaction('draft', mode).objectStore('draft'))
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
      }).finally(() => db.close()),
  )
  const late = new Promise<undefined>((done) => setTimeout(done, limitMs))
  return Promise.race([work, late]).catch(() => undefined)
}

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const request = indexedDB.open('haidang', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('draft')
    request.onsuccess = () => done(request.result)
    request.onerror = request.onblocked = () => fail(request.error)
  })
}
