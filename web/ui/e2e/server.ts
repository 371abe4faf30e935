// Starts the real program with a simulated province on free ports and a data
// folder of its own, and stops it afterwards. HAIDANG_E2E_URL uses a running one.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const program = process.env['HAIDANG_BIN'] ?? fileURLToPath(new URL('../../../bin/haidang', import.meta.url))
const readyMs = 120_000
const stopMs = 30_000

export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env['HAIDANG_E2E_URL']) return
  if (!existsSync(program)) throw new Error(`${program} is missing: run "make build" first`)
  const data = await mkdtemp(join(tmpdir(), 'haidang-e2e-'))
  await chmod(data, 0o711) // the database's user must get in when we are root
  const [http, mqtt] = [await freePort(), await freePort()]
  const env = { ...process.env, HAIDANG_DATA: data, HAIDANG_HTTP_ADDR: `127.0.0.1:${http}`, HAIDANG_MQTT_ADDR: `127.0.0.1:${mqtt}`, HAIDANG_DATABASE_URL: '', HAIDANG_MQTT_URL: '' }
  const child = spawn(program, ['serve', '--demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8000)))
  const url = `http://127.0.0.1:${http}`
  try {
    await ready(url, child)
  } catch (cause) {
    await stop(child)
    throw new Error(`the server did not start: ${String(cause)}\n${said}`)
  }
  process.env['HAIDANG_E2E_URL'] = url
  process.env['HAIDANG_E2E_MQTT'] = String(mqtt)
  process.env['HAIDANG_E2E_DATA'] = data
  return async () => {
    await stop(child)
    await rm(data, { recursive: true, force: true })
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + readyMs
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((r) => setTimeout(r, 300))
  }
  throw new Error('it is not ready in time')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((r) => child.once('exit', r))
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(timer)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** The secret of a simulated device, from the server's own data folder. */
export async function secretOf(thing: string): Promise<string> {
  const file = join(process.env['HAIDANG_E2E_DATA'] ?? '', 'simulation.json')
  const { secrets } = JSON.parse(await readFile(file, 'utf8')) as { secrets: Record<string, string> }
  const secret = secrets[thing]
  if (!secret) throw new Error(`no simulated device ${thing}`)
  return secret
}
