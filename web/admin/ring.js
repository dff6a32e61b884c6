// The newest things of a kind, so many and no more.

/** @template T */
export class Ring {
  #most;
  /** @type {T[]} */
  #items = [];

  /** @param {number} most */
  constructor(most) {
    this.#most = most;
  }

  /** What had to go for it. @param {T} item @returns {T | undefined} */
  push(item) {
    this.#items.push(item);
    return this.#items.length > this.#most ? this.#items.shift() : undefined;
  }

  /** Oldest first. @returns {readonly T[]} */
  get items() {
    return this.#items;
  }

  clear() {
    this.#items = [];
  }
}
