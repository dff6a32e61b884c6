// The admin's token. It is kept for this tab only, and is gone with it.

const NAME = 'mudkeep-admin:token';

export class Token {
  #storage;
  #value = '';

  /** @param {Storage | null} storage */
  constructor(storage) {
    this.#storage = storage;
    try {
      this.#value = storage?.getItem(NAME) ?? '';
    } catch {
      this.#storage = null;
    }
  }

  get value() {
    return this.#value;
  }

  /** @param {string} value */
  keep(value) {
    this.#value = value;
    try {
      this.#storage?.setItem(NAME, value);
    } catch {
      // Then it is known for as long as the page is there.
    }
  }

  forget() {
    this.#value = '';
    try {
      this.#storage?.removeItem(NAME);
    } catch {
      // Nothing was kept.
    }
  }
}

/** What a header can carry: what was pasted with more than the token is no token. @param {string} text */
export function tokenOf(text) {
  const token = text.trim();
  return /^[\x21-\x7e]{1,512}$/.test(token) ? token : '';
}
