// A device for the tests: signs in over MQTT 3.1.1 as the contract says, sends
// its telemetry at QoS 1, and waits for each acknowledgement.
import { connect, type Socket } from 'node:net'

const answerMs = 15_000

/** One reading as the contract spells it. */
export interface Reading {
  time: Date
  seq?: number // the device's own numbering
  values: Record<string, number | null>
}

/** Signs in as a device, sends the readings in one message each, signs off. */
export async function send(port: number, thing: string, secret: string, readings: readonly Reading[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const packets = read(socket)
  try {
    socket.write(packet(0x10, [text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text(thing), text(thing), text(secret)]))
    await expectPacket(packets, 2, (body) => body[1] === 0)
    for (const [i, { time, seq, values }] of readings.entries()) {
      const payload = Buffer.from(JSON.stringify({ time: time.toISOString(), seq, values }))
      socket.write(packet(0x32, [text(`v1/things/${thing}/telemetry`), Buffer.from([0, i + 1]), payload]))
      await expectPacket(packets, 4, (body) => body[1] === i + 1)
    }
    socket.write(Buffer.from([0xe0, 0]))
  } finally {
    socket.end()
  }
}

function text(s: string): Buffer {
  const bytes = Buffer.from(s)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

function packet(type: number, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length: number[] = []
  let rest = body.length
  do {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

type Packet = { type: number; body: Buffer }

/** Short answers only: their length is one byte. */
async function* read(socket: Socket): AsyncGenerator<Packet, void> {
  let held = Buffer.alloc(0)
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk as Buffer])
    while (held.length >= 2 && held.length >= 2 + held[1]!) {
      const end = 2 + held[1]!
      yield { type: held[0]! >> 4, body: held.subarray(2, end) }
      held = held.subarray(end)
    }
  }
}

async function expectPacket(packets: AsyncGenerator<Packet, void>, type: number, good: (body: Buffer) => boolean): Promise<void> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`no MQTT packet ${type} in time`)), answerMs).unref())
  const { value, done } = await Promise.race([packets.next(), late])
  if (done || value?.type !== type || !good(value.body)) throw new Error(`expected MQTT packet ${type}, got ${value?.type ?? 'the end'} ${value?.body.toString('hex') ?? ''}`)
}
