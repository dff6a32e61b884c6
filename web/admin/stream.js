// The stream of events. It goes on where it was when the link breaks.

import { Parser } from './sse.js';
import { wait } from './poll.js';

/** mudkeep says something at least every 15 s. */
const SILENCE_MS = 40_000;

/** @typedef {{event: (event: any) => void, lost: (count: number) => void, state: (state: 'open' | 'broken' | 'refused', words: string) => void}} Listener */
/** @typedef {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} Env */

export class Stream {
  #api;
  #listener;
  #env;
  #types = '';
  #last = '';
  #failures = 0;
  /** @type {AbortController | null} */
  #open = null;
  /** @type {any} */
  #timer = null;

  /** @param {import('./api.js').Api} api @param {Listener} listener @param {Env} env */
  constructor(api, listener, env) {
    this.#api = api;
    this.#listener = listener;
    this.#env = env;
  }

  /** Begins anew with what mudkeep still remembers. @param {string} types which, with commas; all if empty */
  start(types) {
    this.stop();
    this.#types = types;
    this.#last = '0';
    this.#failures = 0;
    void this.#follow();
  }

  stop() {
    this.#env.clearTimeout(this.#timer);
    this.#open?.abort();
    this.#open = null;
  }

  async #follow() {
    const open = new AbortController();
    this.#open = open;
    const current = () => this.#open === open;
    let words = 'The stream of events was cut off; trying again.';
    try {
      await this.#read(open, current);
    } catch (error) {
      const status = /** @type {any} */ (error).status ?? 0;
      if (current() && status >= 400 && status < 500 && status !== 429) {
        this.#open = null;
        return this.#listener.state('refused', /** @type {Error} */ (error).message);
      }
      if (status > 0) words = /** @type {Error} */ (error).message;
    }
    open.abort();
    if (!current()) return;
    this.#failures += 1;
    this.#listener.state('broken', words);
    this.#timer = this.#env.setTimeout(() => void this.#follow(), wait(this.#failures));
  }

  /** @param {AbortController} open @param {() => boolean} current */
  async #read(open, current) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': this.#last };
    const silence = () => this.#env.setTimeout(() => open.abort(), SILENCE_MS);
    let watch = silence();
    try {
      const answer = await this.#api.stream(['events'], { types: this.#types }, headers, open.signal);
      const reader = /** @type {ReadableStream} */ (answer.body).pipeThrough(new TextDecoderStream()).getReader();
      const parser = new Parser();
      if (current()) this.#listener.state('open', '');
      for (let piece = await reader.read(); !piece.done && current(); piece = await reader.read()) {
        this.#env.clearTimeout(watch);
        watch = silence();
        this.#failures = 0;
        parser.feed(piece.value).forEach((message) => this.#take(message));
      }
    } finally {
      this.#env.clearTimeout(watch);
    }
  }

  /** @param {import('./sse.js').Message} message */
  #take({ id, event, data }) {
    let content;
    try {
      content = JSON.parse(data);
    } catch {
      return;
    }
    if (id) this.#last = id;
    if (event === 'lost') this.#listener.lost(Number(content?.lost) || 0);
    else if (content && typeof content === 'object') this.#listener.event({ type: event, ...content });
  }
}
