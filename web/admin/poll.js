// Asks again and again while the page is looked at, and less often while there is no answer.

/** The waits after so many failures, in milliseconds; the last one stays. */
export const WAITS_MS = [1000, 2000, 5000, 10_000];

/** @param {number} failures so far, at least 1 */
export function wait(failures) {
  return WAITS_MS[Math.min(failures, WAITS_MS.length) - 1] ?? 0;
}

/** @typedef {{hidden: () => boolean, setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} Env */

export class Poll {
  #run;
  #everyMs;
  #env;
  #failures = 0;
  #running = false;
  #again = false;
  #over = true;
  /** @type {any} */
  #timer = null;

  /** @param {() => Promise<unknown>} run fails where there was no answer @param {number} everyMs @param {Env} env */
  constructor(run, everyMs, env) {
    this.#run = run;
    this.#everyMs = everyMs;
    this.#env = env;
  }

  start() {
    this.#over = false;
    this.now();
  }

  stop() {
    this.#over = true;
    this.#env.clearTimeout(this.#timer);
  }

  /** At once, or as soon as what runs is through. */
  now() {
    if (this.#over) return;
    this.#env.clearTimeout(this.#timer);
    if (this.#running) this.#again = true;
    else void this.#once();
  }

  async #once() {
    this.#running = true;
    this.#again = false;
    try {
      if (!this.#env.hidden()) await this.#run();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    this.#running = false;
    if (this.#over) return;
    if (this.#again && this.#failures === 0) return void this.#once();
    this.#timer = this.#env.setTimeout(() => void this.#once(), this.#failures ? wait(this.#failures) : this.#everyMs);
  }
}
