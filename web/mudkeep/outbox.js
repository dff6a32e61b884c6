// What goes out by POST: in order, one request at a time, each with what gathered meanwhile.

/** @typedef {{status: number, body: any, retryAfter: number}} Answer */

/** How many messages one POST may carry. */
const BATCH_MAX = 64;
/** How many may wait. */
const WAITING_MAX = 2000;
/** How often a request is sent again before the link counts as lost. */
const TRIES_MAX = 4;
const RETRY_MS = 1000;

export class Outbox {
  #post;
  #owner;
  #timers;
  /** @type {any[]} */
  #waiting = [];
  #busy = false;
  #stopped = false;
  #tries = 0;
  /** @type {any} */
  #timer = null;

  /**
   * @param {(batch: object[]) => Promise<Answer>} post
   * @param {{message: (message: object) => void, lost: (code: number, reason: string) => void}} owner
   * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} timers
   */
  constructor(post, owner, timers) {
    this.#post = post;
    this.#owner = owner;
    this.#timers = timers;
  }

  /** @param {object[]} messages */
  put(messages) {
    this.#waiting.push(...messages);
    if (this.#waiting.length > WAITING_MAX) return this.#owner.lost(1006, 'too much waits');
    // What is said in one go leaves in one request.
    if (!this.#busy) {
      this.#busy = true;
      queueMicrotask(() => void this.#flush());
    }
  }

  stop() {
    this.#stopped = true;
    this.#timers.clearTimeout(this.#timer);
  }

  async #flush() {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      const answer = await this.#post(batch);
      if (this.#stopped) return;
      const wait = this.#answered(batch, answer);
      if (wait > 0) return this.#later(wait);
    }
    this.#busy = false;
  }

  /** @param {number} ms */
  #later(ms) {
    this.#timer = this.#timers.setTimeout(() => void this.#flush(), ms);
  }

  /** What an answer means. Returns how long to wait before the next request.
   * @param {any[]} batch @param {Answer} answer */
  #answered(batch, { status, body, retryAfter }) {
    if (status === 200) return this.#done(body);
    if (status === 401 && body?.code === 'token_old') return this.#again(batch, RETRY_MS);
    if (status === 0 || status === 429 || status >= 500) {
      return this.#again(batch.filter(({ type }) => type !== 'gmcp'), retryAfter * 1000 || RETRY_MS);
    }
    if (status === 409 && body?.code === 'replaced') return this.#over('replaced', body);
    if (status === 410) return this.#over('expired', body);
    this.#owner.message({ message: '', code: 'malformed', ...body, type: 'error' });
    if (status === 401 || status === 404) this.#owner.lost(status === 401 ? 4401 : 1006, '');
    return 0;
  }

  /** @param {any} body */
  #done(body) {
    this.#tries = 0;
    if (Number.isSafeInteger(body?.input_seen)) {
      this.#owner.message({ type: 'input_ack', seq: body.input_seen });
    }
    return 0;
  }

  /** @param {any[]} batch @param {number} wait */
  #again(batch, wait) {
    this.#tries += 1;
    if (this.#tries > TRIES_MAX) {
      this.#owner.lost(1006, 'nothing goes out');
      return 0;
    }
    this.#waiting.unshift(...batch);
    return wait * this.#tries;
  }

  /** @param {string} reason @param {any} body */
  #over(reason, body) {
    this.#owner.message({ type: 'closing', reason, message: String(body?.message ?? ''), resume: false });
    return 0;
  }
}
