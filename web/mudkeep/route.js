// Which way leads to the game: a WebSocket, or an event stream and POST where no WebSocket gets
// through. That is tried after two WebSockets that came to nothing, and remembered for a while only
// if it worked: a game that is down is no reason to do without.

import { read, remove, write } from './keys.js';

/** How many WebSockets may come to nothing. */
const TRIES = 2;
/** For how long the other way is remembered. */
const REMEMBERED_MS = 3600 * 1000;

export class Route {
  #failed = 0;
  #store;
  #name;
  #now;
  #events;

  /**
   * @param {string} game
   * @param {{localStorage?: Storage, now: () => number, WebSocket?: unknown, EventSource?: unknown}} env
   */
  constructor(game, { localStorage, now, WebSocket, EventSource }) {
    this.#store = localStorage;
    this.#name = `mudkeep:events:${game}`;
    this.#now = now;
    this.#events = EventSource !== undefined;
    if (WebSocket === undefined) this.#failed = Infinity;
  }

  /** @returns {'websocket' | 'events'} */
  choose() {
    const remembered = Number(read(this.#store, this.#name)) > this.#now();
    return this.#events && (remembered || this.#failed >= TRIES) ? 'events' : 'websocket';
  }

  /** A connection led to a welcome. @param {'websocket' | 'events'} way */
  worked(way) {
    if (way === 'websocket') {
      this.#failed = Math.min(this.#failed, 0);
    } else if (this.#failed >= TRIES) {
      write(this.#store, this.#name, this.#now() + REMEMBERED_MS);
    }
  }

  /** A connection came to nothing. @param {'websocket' | 'events'} way */
  failed(way) {
    if (way === 'websocket') {
      this.#failed += 1;
      return;
    }
    remove(this.#store, this.#name);
    if (this.#failed !== Infinity) this.#failed = 0;
  }
}
