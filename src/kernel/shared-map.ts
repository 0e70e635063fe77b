/** In an overlay: the key is gone. */
const GONE = Symbol('gone');

/**
 * A map that never changes. A change gives another map that shares nearly everything with the one before, so that keeping an
 * older one costs little and making a newer one costs about the square root of the size. In order of insertion, like `Map`.
 */
export class SharedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  /** Neither is changed once it is here. The overlay stays small: what is beneath it is copied when it has grown too large. */
  readonly #beneath: ReadonlyMap<Key, Value>;
  readonly #overlay: ReadonlyMap<Key, Value | typeof GONE>;
  readonly #size: number;

  private constructor(
    beneath: ReadonlyMap<Key, Value>,
    overlay: ReadonlyMap<Key, Value | typeof GONE>,
    size: number,
  ) {
    this.#beneath = beneath;
    this.#overlay = overlay;
    this.#size = size;
  }

  /** A map of these entries; of a key that comes twice, the last. */
  static of<Key, Value>(entries: Iterable<readonly [Key, Value]> = []): SharedMap<Key, Value> {
    const beneath = new Map(entries);
    return new SharedMap<Key, Value>(beneath, new Map(), beneath.size);
  }

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    const above = this.#overlay.get(key);
    if (above === GONE) return undefined;
    return above === undefined ? this.#beneath.get(key) : above;
  }

  has(key: Key): boolean {
    return this.#overlay.has(key) ? this.#overlay.get(key) !== GONE : this.#beneath.has(key);
  }

  /** The same map with this entry besides, or instead of the key's. */
  with(key: Key, value: Value): SharedMap<Key, Value> {
    // A key that comes back stands last.
    if (this.#overlay.get(key) === GONE) return SharedMap.of([...this, [key, value]]);
    const overlay = new Map(this.#overlay).set(key, value);
    return this.#changed(overlay, this.has(key) ? this.#size : this.#size + 1);
  }

  /** The same map without this key. */
  without(key: Key): SharedMap<Key, Value> {
    if (!this.has(key)) return this;
    const overlay = new Map(this.#overlay);
    if (this.#beneath.has(key)) overlay.set(key, GONE);
    else overlay.delete(key);
    return this.#changed(overlay, this.#size - 1);
  }

  *[Symbol.iterator](): Generator<[Key, Value], undefined> {
    for (const [key, value] of this.#beneath) {
      const above = this.#overlay.get(key);
      if (above !== GONE) yield [key, above === undefined ? value : above];
    }
    for (const [key, value] of this.#overlay) {
      if (value !== GONE && !this.#beneath.has(key)) yield [key, value];
    }
    return undefined;
  }

  entries(): Generator<[Key, Value], undefined> {
    return this[Symbol.iterator]();
  }

  *keys(): Generator<Key, undefined> {
    for (const [key] of this) yield key;
    return undefined;
  }

  *values(): Generator<Value, undefined> {
    for (const [, value] of this) yield value;
    return undefined;
  }

  forEach(call: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) call(value, key, this);
  }

  #changed(overlay: ReadonlyMap<Key, Value | typeof GONE>, size: number): SharedMap<Key, Value> {
    const changed = new SharedMap<Key, Value>(this.#beneath, overlay, size);
    // Copying the overlay at each change and all of it now and then cost the same at the square root of twice the size.
    return overlay.size ** 2 > 2 * this.#beneath.size + 64 ? SharedMap.of(changed) : changed;
  }
}
