import { type ContentSource, hashOf } from '../model/content.js'
import { once } from './once.js'

/** Bytes that are made when they are first needed. A class, as V8 makes a type of its own for each literal with a getter. */
export class LazyContent implements ContentSource {
  readonly #bytes: () => Buffer

  constructor(make: () => Buffer) {
    this.#bytes = once(make)
  }

  get size(): number {
    return this.#bytes().length
  }

  get sha256(): string {
    return hashOf(this.#bytes())
  }

  open(): Iterable<Buffer> {
    return [this.#bytes()]
  }
}
