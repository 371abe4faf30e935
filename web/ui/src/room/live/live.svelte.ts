// The live state of the room: a WebSocket that reconnects and catches up, and
// what it has said so far, as runes. Messages are gathered: alarms and reports
// show at the next frame, values alone at most once a second, so 300 stations at
// 10 Hz cost an old machine one redraw a second.
import { call } from '../../lib/api'
import { waitMs } from './backoff'
import { merge, nothing, onlyValues, type Held, type Message, type StateMessage } from './merge'

export type Link = 'opening' | 'live' | 'polling' | 'lost'

const silenceMs = 12_000 // the server beats every 5 s; two lost beats are a dead line
const valuesMs = 1000
const skewStepMs = 500 // less is the jitter of the network
const hiddenFrameMs = 250 // a hidden tab gets no animation frames
const pollAfterAttempts = 3

export class Live {
  /** Everything held, replaced whole. */
  held = $state.raw<Held>(nothing)
  // Each part keeps its identity until it changes, so that a value wakes nobody who shows alarms.
  readonly things = $derived(this.held.things)
  readonly alarms = $derived(this.held.alarms)
  readonly requests = $derived(this.held.requests)
  link = $state<Link>('opening')
  /** True once the first full state has arrived. */
  ready = $state(false)
  /** Attempts since the line was lost. */
  attempt = $state(0)
  /** Server time of the newest message, in ms; 0 before the first. */
  lastHeard = $state(0)
  paused = $state(false)
  /** Server clock minus ours, in ms. */
  skewMs = $state(0)

  #pending: Message[] = []
  #frame = 0
  #later: ReturnType<typeof setTimeout> | undefined
  #appliedAt = -valuesMs
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #stopped = true
  #target = Infinity // version the newest hello promised

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#open()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    clearTimeout(this.#later)
    this.#later = undefined
    this.#socket?.close()
  }

  /** Tries again now instead of after the wait. */
  retry(): void {
    if (this.link === 'live' || this.#stopped) return
    clearTimeout(this.#timer)
    this.#socket?.close()
    this.#open()
  }

  /** Holds the picture still, or lets it run again and catch up. */
  pause(on: boolean): void {
    this.paused = on
    if (!on) this.#schedule()
  }

  #open(): void {
    const { epoch, version } = this.held
    const since = epoch ? `?epoch=${encodeURIComponent(epoch)}&since=${version}` : ''
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live${since}`)
    this.#socket = socket
    this.#listen()
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#heard(JSON.parse(String(event.data)) as Message)
    }
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost()
    }
  }

  /** Closes a line that has gone quiet: some networks never say that it is dead. */
  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      const dead = this.#socket
      this.#socket = undefined
      dead?.close()
      this.#lost()
    }, silenceMs)
  }

  #heard(message: Message): void {
    this.#listen()
    this.#clock(message.serverTime)
    this.link = 'live'
    this.attempt = 0
    this.#queue(message)
  }

  #clock(serverTime: string): void {
    this.lastHeard = Date.parse(serverTime)
    const skew = this.lastHeard - Date.now()
    if (Math.abs(skew - this.skewMs) > skewStepMs) this.skewMs = skew
  }

  #queue(message: Message): void {
    this.#pending.push(message)
    if (!this.paused) this.#schedule()
    else if (this.#pending.length > 50) this.#squeeze()
  }

  /** While paused, keep one merged message's worth of memory instead of all of them. */
  #squeeze(): void {
    const state = merge(this.held, this.#pending)
    const hello = this.#pending.find((m) => m.type === 'hello')
    const removed = gone(this.held, state)
    this.#pending = [
      ...(hello ? [hello] : []),
      {
        type: 'state', version: state.version, serverTime: '', things: [...state.things.values()],
        alarms: [...state.alarms.values()], requests: [...state.requests.values()], removed,
      },
    ]
  }

  #schedule(): void {
    if (this.#frame || !this.#pending.length) return
    const wait = this.ready && this.#pending.every(onlyValues) ? this.#appliedAt + valuesMs - performance.now() : 0
    if (wait > 0) {
      this.#later ??= setTimeout(() => {
        this.#later = undefined
        if (!this.paused) this.#schedule()
      }, wait)
      return
    }
    clearTimeout(this.#later)
    this.#later = undefined
    const apply = () => {
      this.#frame = 0
      this.#apply()
    }
    this.#frame = document.hidden ? Number(setTimeout(apply, hiddenFrameMs)) : requestAnimationFrame(apply)
  }

  #apply(): void {
    const messages = this.#pending
    this.#pending = []
    this.#appliedAt = performance.now()
    this.held = merge(this.held, messages)
    // A full state comes in pieces; a beat says that nothing more is on its way.
    for (const message of messages) if (message.type === 'hello') this.#target = message.version
    if (this.held.version >= this.#target || messages.some((m) => m.type === 'beat')) this.ready = true
  }

  #lost(): void {
    clearTimeout(this.#silence)
    if (this.#stopped) return
    if (this.link !== 'polling') this.link = this.ready ? 'lost' : 'opening'
    this.attempt++
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#again(), waitMs(this.attempt))
  }

  /** Where sockets are forbidden but the server answers, ask for the state instead. */
  async #again(): Promise<void> {
    if (this.attempt > pollAfterAttempts) await this.#poll()
    if (!this.#stopped) this.#open()
  }

  async #poll(): Promise<void> {
    try {
      const state = await call<StateMessage & { epoch: string }>('/state')
      this.#clock(state.serverTime)
      this.#pending.push(
        { type: 'hello', epoch: state.epoch, version: 0, serverTime: state.serverTime, full: true },
        { ...state, type: 'state' },
      )
      this.link = 'polling'
      if (!this.paused) this.#schedule()
    } catch {
      this.link = this.ready ? 'lost' : 'opening'
    }
  }
}

function gone(before: Held, after: Held): StateMessage['removed'] {
  const missing = <K>(kind: 'thing' | 'alarm' | 'request', a: ReadonlyMap<K, unknown>, b: ReadonlyMap<K, unknown>) =>
    [...a.keys()].filter((k) => !b.has(k)).map((k) => ({ kind, id: String(k) }))
  return [
    ...missing('thing', before.things, after.things),
    ...missing('alarm', before.alarms, after.alarms),
    ...missing('request', before.requests, after.requests),
  ]
}

/** The one live state of the page. */
export const live = new Live()
