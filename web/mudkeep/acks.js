// When to say how far the output has been received: each second, every 16 KiB, and at once where the
// server waits for it.

const EVERY_MS = 1000;
const EVERY_CHARS = 16 * 1024;

export class Acks {
  #send;
  #timers;
  #said = '';
  #unsaid = 0;
  #latest = '';
  /** @type {any} */
  #timer = null;

  /**
   * @param {(position: string) => void} send
   * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} timers
   */
  constructor(send, timers) {
    this.#send = send;
    this.#timers = timers;
  }

  /** So much more came, and this is where it ends. @param {string} position @param {number} size */
  reached(position, size) {
    this.#unsaid += size;
    if (this.#unsaid >= EVERY_CHARS) return this.now(position);
    this.#latest = position;
    if (this.#timer !== null || position === this.#said) return;
    this.#timer = this.#timers.setTimeout(() => this.now(this.#latest), EVERY_MS);
  }

  /** @param {string} position */
  now(position) {
    this.stop();
    this.#said = position;
    this.#send(position);
  }

  stop() {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = null;
    this.#unsaid = 0;
  }
}
