// mudkeep's admin API. Whatever goes wrong comes out as a `Failure` that says so in words.

const TIMEOUT_MS = 10_000;

export class Failure extends Error {
  /** @param {number} status 0 where there was no answer @param {string} code @param {string} words */
  constructor(status, code, words) {
    super(words);
    this.status = status;
    this.code = code;
  }
}

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */
/** @typedef {{answered: () => void, silent: () => void, refused: () => void}} Listener */

export class Api {
  #token;
  #env;
  #listener;

  /** @param {string} token @param {Listener} listener @param {{fetch: typeof fetch}} [env] */
  constructor(token, listener, env = { fetch: (...all) => fetch(...all) }) {
    this.#token = token;
    this.#listener = listener;
    this.#env = env;
  }

  /** @param {string[]} path @param {Query} [query] */
  get(path, query) {
    return this.#ask('GET', path, query);
  }

  /** @param {string[]} path @param {object} [content] */
  post(path, content) {
    return this.#ask('POST', path, {}, content);
  }

  /** @param {string[]} path @param {object} content */
  patch(path, content) {
    return this.#ask('PATCH', path, {}, content);
  }

  /** @param {string[]} path @param {Query} [query] */
  delete(path, query) {
    return this.#ask('DELETE', path, query);
  }

  /** An answer that does not end. @param {string[]} path @param {Query} query @param {Record<string, string>} headers @param {AbortSignal} signal */
  stream(path, query, headers, signal) {
    return this.#fetch('GET', path, query, { headers, signal });
  }

  /** @param {string} method @param {string[]} path @param {Query} [query] @param {object} [content] @returns {Promise<any>} */
  async #ask(method, path, query, content) {
    /** @type {RequestInit} */
    const request = { signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (content) {
      request.body = JSON.stringify(content);
      request.headers = { 'Content-Type': 'application/json' };
    }
    const answer = await this.#fetch(method, path, query, request);
    if (answer.status === 204) return null;
    try {
      return await answer.json();
    } catch {
      this.#listener.silent();
      throw new Failure(0, 'unreadable', 'The answer of mudkeep could not be read.');
    }
  }

  /** @param {string} method @param {string[]} path @param {Query} [query] @param {RequestInit} [request] */
  async #fetch(method, path, query, { headers, ...request } = {}) {
    const all = { ...headers, Authorization: `Bearer ${this.#token}` };
    let answer;
    try {
      answer = await this.#env.fetch(address(path, query), { method, cache: 'no-store', headers: all, ...request });
    } catch (error) {
      if (request.signal?.aborted && request.signal.reason?.name === 'AbortError') throw error;
      this.#listener.silent();
      throw new Failure(0, 'silent', 'mudkeep does not answer.');
    }
    this.#listener.answered();
    if (answer.ok) return answer;
    const failure = await failed(answer);
    if (failure.status === 401) this.#listener.refused();
    throw failure;
  }
}

/** @param {string[]} path @param {Query} [query] */
export function address(path, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false);
  const asked = new URLSearchParams(known.map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1/${path.map(encodeURIComponent).join('/')}${asked && `?${asked}`}`;
}

/** @param {Response} answer */
async function failed(answer) {
  const body = await answer.json().catch(() => null);
  const code = typeof body?.error?.code === 'string' ? body.error.code : '';
  const message = typeof body?.error?.message === 'string' ? body.error.message : '';
  return new Failure(answer.status, code, inWords(answer.status, message, Number(answer.headers.get('Retry-After')) || 0));
}

/** @type {Record<number, string>} */
const MEANINGS = {
  400: 'mudkeep does not understand this', 401: 'The token is not the right one', 403: 'mudkeep does not take this from here',
  404: 'It is not there any more', 409: 'This cannot be done now', 413: 'This is too long', 429: 'Too many wrong tokens were tried',
  503: 'mudkeep is too busy for this',
};

/** @param {number} status @param {string} message what mudkeep says @param {number} retryAfter */
export function inWords(status, message, retryAfter) {
  const meaning = MEANINGS[status] ?? `mudkeep could not do this (${status})`;
  const later = retryAfter > 0 ? ` Try again in ${retryAfter} seconds.` : '';
  const more = message && status !== 401 && status !== 404 ? `: ${message.replace(/[.\s]+$/, '')}` : '';
  return `${meaning}${more}.${later}`;
}
