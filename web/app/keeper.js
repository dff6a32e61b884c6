// Stores the text in the tab while there is time, and when the page goes: always text and place
// together, and only when the text is whole up to that place.

import { store } from './scrollback.js';

const EVERY_MS = 2000;

export class Keeper {
  #take;
  #storage;
  #name;
  /** @type {any} */
  #timer = null;

  /**
   * @param {Storage | undefined} storage @param {string} name
   * @param {() => import('./scrollback.js').Kept | null} take null: not now
   */
  constructor(storage, name, take) {
    this.#storage = storage;
    this.#name = name;
    this.#take = take;
    addEventListener('pagehide', () => this.now());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.now();
    });
  }

  /** Something has changed. */
  soon() {
    this.#timer ??= setTimeout(() => {
      const idle = window.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 0));
      idle(() => this.now(), { timeout: EVERY_MS });
    }, EVERY_MS);
  }

  now() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const kept = this.#take();
    if (kept) store(this.#storage, this.#name, kept);
  }
}
