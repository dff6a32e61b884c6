// The lines that a player typed and that are not known to be done. Each gets its number when it goes
// out for the first time; what a welcome says was not done goes out again under the same number, so
// that the game sees every line once.
//
// Numbers belong to a token's family. A client that came with a token of another tab does not know
// what the numbers of that one stand for: it sends nothing again and counts from there on.

/**
 * @typedef {object} Line
 * @property {string} line
 * @property {boolean} secret it was typed while the game hid what is typed
 * @property {number} at when it was typed, in milliseconds
 * @property {number | null} seq its number, once it went out
 */

/**
 * How a client came back, as far as its lines are concerned:
 * `same`: with its own token to its own session; `shared`: to its own session with a token that
 * another tab was told; `moved`: to another session on the same connection; `first`: for the first
 * time; `other`: to a session that has nothing to do with what it typed.
 * @typedef {'same' | 'shared' | 'moved' | 'first' | 'other'} Return
 */

/** How many lines may wait for the network. */
const WAITING_MAX = 100;
/** How many may be on their way. */
const UNDERWAY_MAX = 1000;

export class Lines {
  /** @type {Line[]} */
  #lines = [];
  /** Lines that were on their way to a session before this one. @type {Line[]} */
  #astray = [];
  #next = 1;

  /** @param {Line[]} [kept] lines that a page before this one left */
  constructor(kept = []) {
    this.#lines = kept;
  }

  /** Those that are not done. */
  get pending() {
    return this.#lines.map((line) => ({ ...line }));
  }

  /** How many have never gone out. */
  get waiting() {
    return this.#lines.filter(({ seq }) => seq === null).length;
  }

  /** Whether one was typed. False: too many wait.
   * @param {string} line @param {boolean} secret @param {number} at */
  type(line, secret, at) {
    if (this.waiting >= WAITING_MAX || this.#lines.length >= UNDERWAY_MAX) return false;
    this.#lines.push({ line, secret, at, seq: null });
    return true;
  }

  /** Those that have not gone out yet, numbered now. */
  takeNew() {
    return this.#lines.filter(({ seq }) => seq === null).map((line) => this.#number(line));
  }

  /** All from a number on, to be sent again. @param {number} [from] */
  again(from = 0) {
    return this.#lines.filter(({ seq }) => seq !== null && seq >= from).map(input);
  }

  /** Lines up to this one are done. @param {number} seq */
  done(seq) {
    this.#lines = this.#lines.filter((line) => line.seq === null || line.seq > seq);
  }

  /** The connection is gone: no password waits for the next one. Says how many were dropped. */
  dropSecrets() {
    return this.#keep(({ secret }) => !secret);
  }

  /** All are dropped. Says how many there were. */
  clear() {
    this.#astray = [];
    return this.#keep(() => false);
  }

  /**
   * A welcome says which line was done last. Returns how many were dropped because nobody knows
   * what became of them, or because they were meant for another session.
   * @param {Return} how @param {number} seen
   */
  welcome(how, seen) {
    this.#astray = [];
    if (how === 'same') return this.#goOn(seen);
    if (how === 'moved') this.#astray = this.#lines.filter((line) => line.seq !== null && !line.secret);
    const fresh = how === 'shared' || how === 'first';
    const before = this.#lines.length - this.#astray.length;
    this.#keep(({ seq, secret }) => (fresh || how === 'moved') && seq === null && !secret);
    this.#next = seen + 1;
    return before - this.#lines.length;
  }

  /** Whether lines were on their way when the session changed. */
  get strayed() {
    return this.#astray.length > 0;
  }

  /** So many of them, the last ones, were refused by the new session: they are typed anew. The ones
   * before had arrived in time. @param {number} count */
  recoverAstray(count) {
    const back = count > 0 ? this.#astray.slice(-count) : [];
    this.#astray = [];
    this.#lines.unshift(...back.map((line) => ({ ...line, seq: null })));
  }

  /** A line is missing: those that are there are numbered from the one that is expected.
   * @param {number} expected */
  renumber(expected) {
    this.#next = expected;
    this.#lines.forEach((line) => {
      if (line.seq !== null) this.#number(line);
    });
  }

  /** Whether the line of this number is here. @param {number} seq */
  has(seq) {
    return this.#lines.some((line) => line.seq === seq);
  }

  /** @param {number} seen */
  #goOn(seen) {
    this.done(seen);
    this.#next = seen + 1;
    // A password before them may have been dropped: none of these was done, for it was missing.
    this.renumber(seen + 1);
    return 0;
  }

  /** @param {Line} line */
  #number(line) {
    line.seq = this.#next;
    this.#next += 1;
    return input(line);
  }

  /** @param {(line: Line) => boolean} which */
  #keep(which) {
    const before = this.#lines.length;
    this.#lines = this.#lines.filter(which);
    return before - this.#lines.length;
  }
}

/** @param {Line} line */
function input({ seq, line }) {
  return { type: 'input', seq: seq ?? 0, line };
}
