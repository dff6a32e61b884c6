// Where the resume token is kept. This tab has its own, with what belongs to it; beside it there is
// one per game that all tabs of the browser share, for the tab that is opened tomorrow. A token never
// gets into a URL.
//
// Only with a token that this tab was told itself does it know what the numbers of its lines mean.

/** @typedef {import('./lines.js').Line} Line */

/**
 * @typedef {object} Key
 * @property {string} token
 * @property {string} session_id
 * @property {string} expires_at RFC 3339
 * @property {number} at when it was told, in milliseconds
 */

/** @typedef {Key & {position: string | null, lines: Line[]}} TabRecord */

/** Lines that waited longer than this before a reload are not sent any more. */
const LINES_AGE_MS = 5 * 60 * 1000;

export class Keys {
  #tab;
  #shared;
  #name;
  #now;
  /** The token that this tab was told last. @type {Key | null} */
  #own = null;
  /** Tokens that were refused. @type {Set<string>} */
  #refused = new Set();

  /**
   * @param {string} game the game's address, without a secret
   * @param {{sessionStorage?: Storage, localStorage?: Storage, now: () => number}} env
   */
  constructor(game, { sessionStorage, localStorage, now }) {
    this.#tab = sessionStorage;
    this.#shared = localStorage;
    this.#name = `mudkeep:token:${game}`;
    this.#now = now;
  }

  /** What the page before this one left in the tab. @returns {TabRecord | null} */
  recall() {
    const record = readKey(this.#tab, this.#name);
    if (!record) return null;
    this.#own = record;
    const { position, lines } = /** @type {Partial<TabRecord>} */ (record);
    return {
      ...record,
      position: typeof position === 'string' ? position : null,
      lines: Array.isArray(lines) ? lines.filter((line) => this.#isFresh(line)).map(unsure) : [],
    };
  }

  /** The token to come with, and whether this tab was told it itself. */
  choose() {
    const shared = this.#usable(readKey(this.#shared, this.#name));
    const own = this.#usable(this.#own);
    if (!own) return shared && { key: shared, own: false };
    const newer = shared && shared.session_id === own.session_id && shared.at > own.at;
    return newer && shared.token !== own.token ? { key: shared, own: false } : { key: own, own: true };
  }

  /** A new token was told. @param {Key} key */
  put(key) {
    this.#own = key;
    this.#refused.clear();
    write(this.#shared, this.#name, key);
  }

  /** The token that was told last. */
  get own() {
    return this.#own;
  }

  /** What the tab remembers over a reload. @param {string | null} position @param {Line[]} lines */
  remember(position, lines) {
    if (!this.#own) return;
    const open = lines.filter(({ secret }) => !secret);
    write(this.#tab, this.#name, { ...this.#own, position, lines: open });
  }

  /** This token opens nothing. @param {string} token */
  forget(token) {
    this.#refused.add(token);
    if (this.#own?.token === token) this.#own = null;
    for (const store of [this.#tab, this.#shared]) {
      if (readKey(store, this.#name)?.token === token) remove(store, this.#name);
    }
  }

  /** @param {Key | null} key */
  #usable(key) {
    if (!key || this.#refused.has(key.token)) return null;
    // A clock may be wrong; the server knows better what is only just over.
    const ends = Date.parse(key.expires_at);
    return Number.isNaN(ends) || ends + 24 * 3600 * 1000 > this.#now() ? key : null;
  }

  /** @param {any} line */
  #isFresh(line) {
    return typeof line?.line === 'string' && typeof line.at === 'number'
      && this.#now() - line.at < LINES_AGE_MS;
  }
}

/** @param {Line} line @returns {Line} */
function unsure({ line, at, seq }) {
  return { line, at, secret: false, seq: Number.isSafeInteger(seq) ? seq : null };
}

/** @param {Storage | undefined} store @param {string} name @returns {Key | null} */
function readKey(store, name) {
  const key = read(store, name);
  const whole = typeof key?.token === 'string' && typeof key.session_id === 'string';
  return whole ? { ...key, at: Number(key.at) || 0, expires_at: String(key.expires_at) } : null;
}

/**
 * What is stored under a name, if it is JSON; storage may be switched off, or full of something else.
 * @param {Storage | undefined} store @param {string} name @returns {any}
 */
export function read(store, name) {
  try {
    return JSON.parse(store?.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

/** Whether it could be stored. @param {Storage | undefined} store @param {string} name @param {unknown} value */
export function write(store, name, value) {
  try {
    store?.setItem(name, JSON.stringify(value));
    return store !== undefined;
  } catch {
    return false;
  }
}

/** @param {Storage | undefined} store @param {string} name */
export function remove(store, name) {
  try {
    store?.removeItem(name);
  } catch {
    // Then there was nothing.
  }
}
