// A connection by Server-Sent Events and POST, for where no WebSocket gets through. Its ends look
// like those of a WebSocket to the owner: the same close codes, and a `closing` where a status says
// what one would.
//
// What is sent goes out in order, one POST at a time. A POST that failed is sent again: numbered
// lines are done once, and the rest does no harm twice, but for GMCP, which is left out then.

import { Outbox } from './outbox.js';
import { parsed } from './websocket.js';

/** @typedef {import('./websocket.js').Link} Link */
/** @typedef {import('./websocket.js').Listener} Listener */

/** How long a browser may try by itself to open a stream again. */
const REOPEN_MS = 15_000;

/**
 * @typedef {object} Env
 * @property {typeof EventSource} EventSource
 * @property {typeof fetch} fetch
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/**
 * @param {string} base the address of the page's folder
 * @param {object} hello
 * @param {() => string} bearer the newest token
 * @param {Listener} owner
 * @param {Env} env
 * @returns {Link}
 */
export function openEvents(base, hello, bearer, owner, env) {
  const link = new EventLink(base, bearer, owner, env);
  void link.open(hello);
  return { way: 'events', send: (messages) => link.send(messages), close: () => link.close() };
}

class EventLink {
  #base;
  #bearer;
  #owner;
  #env;
  #over = false;
  #id = '';
  /** @type {EventSource | null} */
  #source = null;
  /** @type {any} */
  #reopening = null;
  /** @type {Outbox} */
  #outbox;

  /** @param {string} base @param {() => string} bearer @param {Listener} owner @param {Env} env */
  constructor(base, bearer, owner, env) {
    this.#base = base;
    this.#bearer = bearer;
    this.#owner = owner;
    this.#env = env;
    this.#outbox = new Outbox((batch) => this.#post(batch), {
      message: (message) => this.#tell(message),
      lost: (code, reason) => this.#lost(code, reason),
    }, env);
  }

  /** @param {object} hello */
  async open(hello) {
    const answer = await this.#ask('api/session', 'POST', hello);
    if (this.#over) return;
    const { status, body } = answer;
    if (status !== 200 && status !== 201) return this.#refused(status, body);
    if (typeof body?.connection_id !== 'string') return this.#lost(1006, 'no welcome');
    this.#id = body.connection_id;
    this.#listen();
    this.#tell(body);
  }

  /** @param {object[]} messages */
  send(messages) {
    if (!this.#over) this.#outbox.put(messages);
  }

  close() {
    this.#over = true;
    this.#outbox.stop();
    this.#source?.close();
    this.#env.clearTimeout(this.#reopening);
  }

  #listen() {
    // A browser that reconnects by itself says in `Last-Event-ID` where it was.
    const url = new URL(`api/events/${encodeURIComponent(this.#id)}`, this.#base);
    const source = new this.#env.EventSource(url.href);
    this.#source = source;
    source.onopen = () => this.#env.clearTimeout(this.#reopening);
    source.onmessage = ({ data }) => {
      const text = String(data);
      this.#tell(parsed(text), text.length);
    };
    source.onerror = () => this.#broken(source);
  }

  /** The stream is broken: a browser tries again by itself, or it was told not to.
   * @param {EventSource} source */
  #broken(source) {
    if (this.#over || source !== this.#source) return;
    this.#env.clearTimeout(this.#reopening);
    if (source.readyState === 2) {
      void this.#inquire();
    } else {
      this.#reopening = this.#env.setTimeout(() => void this.#inquire(), REOPEN_MS);
      void this.#look();
    }
  }

  /** Whether only the stream is broken, or the link: that is said now, not when the browser gives up. */
  async #look() {
    const { status } = await this.#post([{ type: 'ping' }]);
    if (status === 0 || status >= 500) this.#lost(1006, 'it cannot be reached');
  }

  /** Why there is no stream: a browser does not show the status of one, but that of a POST. */
  async #inquire() {
    this.#source?.close();
    const { status, body } = await this.#post([{ type: 'ping' }]);
    if (this.#over) return;
    const refused = status === 409 || status === 410 || (status === 401 && body?.code !== 'token_old');
    if (refused) return this.#refused(status, body);
    this.#lost(1006, 'the stream is lost');
  }

  /** @param {any} message @param {number} [size] */
  #tell(message, size = 0) {
    if (this.#over) return;
    if (message?.type === 'closing') this.#source?.close();
    this.#owner.message(message, size);
    if (message?.type === 'closing') this.#lost(message.resume === true ? 1012 : 1000, '');
  }

  /** @param {number} status @param {any} body */
  #refused(status, body) {
    const { code, message } = refusal(status, body);
    if (code === '') return this.#lost(1006, 'it cannot be reached');
    if (code === 'replaced' || code === 'ended') {
      const reason = code === 'ended' ? 'expired' : code;
      return this.#tell({ type: 'closing', reason, message, resume: false });
    }
    this.#tell({ ...body, type: 'error', code, message });
    this.#lost(CLOSE_CODES[status] ?? 1006, message);
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    if (this.#over) return;
    this.close();
    this.#owner.lost(code, reason);
  }

  /** @param {object[]} batch */
  #post(batch) {
    return this.#ask(`api/messages/${encodeURIComponent(this.#id)}`, 'POST', batch, this.#bearer());
  }

  /**
   * The status is 0 where the network failed.
   * @param {string} path @param {string} method @param {unknown} content @param {string} [token]
   * @returns {Promise<{status: number, body: any, retryAfter: number}>}
   */
  async #ask(path, method, content, token) {
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': 'application/json' };
    if (token) headers['Authorization'] = `Bearer ${token}`;
    try {
      const url = new URL(path, this.#base).href;
      const answer = await this.#env.fetch(url, { method, headers, body: JSON.stringify(content) });
      const body = parsed(await answer.text());
      return { status: answer.status, body, retryAfter: Number(answer.headers?.get('Retry-After')) || 0 };
    } catch {
      return { status: 0, body: null, retryAfter: 0 };
    }
  }
}

/** The close code of a WebSocket that says what a status says. @type {Record<number, number>} */
const CLOSE_CODES = { 400: 1008, 401: 4401, 403: 1008, 413: 1009, 429: 1013, 503: 1013 };

/** What a status says that came without a word. @type {Record<number, string>} */
const CODES = { 401: 'token_invalid', 403: 'origin', 409: 'replaced', 410: 'ended' };

/** @param {number} status @param {any} body */
function refusal(status, body) {
  const code = typeof body?.code === 'string' ? body.code : CODES[status] ?? '';
  return { code, message: typeof body?.message === 'string' ? body.message : '' };
}
