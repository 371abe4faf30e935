// The layers of which pieces did not come. They are asked for again until they do: a piece
// of the map that is empty must not look as if nothing were there.
const againMs = 5000

export class Missing {
  layers = $state.raw<ReadonlySet<string>>(new Set())
  #since = new Set<string>() // failed since they were asked for again
  #asked = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly askAgain: (layer: string) => void) {}

  failed(layer: string): void {
    this.#since.add(layer)
    if (!this.layers.has(layer)) this.layers = new Set([...this.layers, layer])
  }

  /** The map rests: what was asked for again has come by now, or has failed again. */
  rest(): void {
    if (this.#asked) this.layers = this.#since
    this.#asked = false
    if (this.layers.size) this.#timer ??= setTimeout(() => this.#again(), againMs)
  }

  #again(): void {
    this.#timer = undefined
    this.#asked = true
    this.#since = new Set()
    for (const layer of this.layers) this.askAgain(layer)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
