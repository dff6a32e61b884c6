// When to try again: at once, then after a while that is drawn at random below a cap that grows, so
// that a thousand clients of a game that was restarted do not come back in the same moment.

/** The caps of the tries, in seconds; the last one stays. */
export const CAPS_S = [0, 1, 2, 5, 10];

/** Which try a client begins with that was told to come later: the first ones are too early. */
const LATER = 2;

export class Backoff {
  #tries = 0;
  #random;

  /** @param {() => number} random from 0 to below 1 */
  constructor(random) {
    this.#random = random;
  }

  /**
   * How long to wait before the next try, in milliseconds.
   * @param {boolean} later the game or mudkeep asked for patience
   */
  next(later) {
    if (later) this.#tries = Math.max(this.#tries, LATER);
    const cap = CAPS_S[Math.min(this.#tries, CAPS_S.length - 1)] ?? 0;
    this.#tries += 1;
    return Math.round(this.#random() * cap * 1000);
  }

  reset() {
    this.#tries = 0;
  }
}
