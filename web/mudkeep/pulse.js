// Whether a link that says nothing is still there. A machine that slept has sockets that look open
// and are not; so after a sleep, and when a line was typed into a long silence, it is asked, and has
// three seconds.

const DEADLINE_MS = 3000;
/** A silence after which a typed line asks, too: a page does not see the pings of the server. */
const SILENCE_MS = 20_000;

export class Pulse {
  #env;
  #ping;
  #dead;
  #heard = 0;
  /** @type {any} */
  #deadline = null;

  /**
   * @param {{ping: () => void, dead: () => void}} owner
   * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void,
   *   now: () => number}} env
   */
  constructor({ ping, dead }, env) {
    this.#ping = ping;
    this.#dead = dead;
    this.#env = env;
  }

  /** Something came. */
  beat() {
    this.#heard = this.#env.now();
    this.stop();
  }

  probe() {
    if (this.#deadline !== null) return;
    this.#ping();
    this.#deadline = this.#env.setTimeout(() => {
      this.#deadline = null;
      this.#dead();
    }, DEADLINE_MS);
  }

  /** Something was said; an answer is due. */
  said() {
    if (this.#env.now() - this.#heard > SILENCE_MS) this.probe();
  }

  stop() {
    this.#env.clearTimeout(this.#deadline);
    this.#deadline = null;
  }
}
