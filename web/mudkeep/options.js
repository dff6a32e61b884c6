// What the module is told, and what it takes from the browser where it is told nothing. Everything
// that waits, stores or connects can be handed in, so that all of it runs in a test.

/**
 * @typedef {object} Options
 * @property {string | URL} [url] the folder of the game on the web; that of the page by default
 * @property {string} [client] the name of the client, told to the game
 * @property {string} [version]
 * @property {number} [columns]
 * @property {number} [rows]
 * @property {string[]} [gmcp] the GMCP modules that are understood
 * @property {boolean} [msp] sound triggers in the text are understood
 * @property {boolean} [screenReader] whether the game is told that the player uses one
 * @property {string | null} [position] how far the text goes that the page still has from before a
 *   reload: only what follows is sent
 * @property {'missed' | 'screen' | 'none'} [replay] what is shown again without a position
 * @property {'all' | 'none'} [queued] what becomes of lines that waited, without asking
 * @property {typeof WebSocket} [WebSocket]
 * @property {typeof EventSource} [EventSource]
 * @property {typeof fetch} [fetch]
 * @property {Storage} [localStorage]
 * @property {Storage} [sessionStorage]
 * @property {(run: () => void, ms: number) => any} [setTimeout]
 * @property {(timer: any) => void} [clearTimeout]
 * @property {() => number} [now]
 * @property {() => number} [random]
 * @property {EventTarget} [window]
 * @property {EventTarget & {visibilityState?: string}} [document]
 * @property {{onLine?: boolean}} [navigator]
 */

/** @typedef {ReturnType<typeof environment>} Env */

/** @param {Options} options */
export function environment(options) {
  const page = /** @type {any} */ (globalThis);
  /** @param {string} name a part of the browser that may be missing, or forbidden */
  const part = (name) => {
    try {
      return /** @type {any} */ (options)[name] ?? page[name];
    } catch {
      return undefined;
    }
  };
  return {
    base: baseOf(options.url, page),
    WebSocket: /** @type {typeof WebSocket} */ (part('WebSocket')),
    EventSource: /** @type {typeof EventSource} */ (part('EventSource')),
    fetch: options.fetch ?? ((/** @type {any[]} */ ...call) => page.fetch(...call)),
    localStorage: /** @type {Storage | undefined} */ (part('localStorage')),
    sessionStorage: /** @type {Storage | undefined} */ (part('sessionStorage')),
    setTimeout: options.setTimeout ?? ((run, ms) => setTimeout(run, ms)),
    clearTimeout: options.clearTimeout ?? ((timer) => clearTimeout(timer)),
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    window: /** @type {EventTarget | undefined} */ (options.window ?? page.window),
    document: /** @type {(EventTarget & {visibilityState?: string}) | undefined} */ (part('document')),
    navigator: /** @type {{onLine?: boolean} | undefined} */ (part('navigator')),
  };
}

/** @param {string | URL | undefined} url @param {any} page */
function baseOf(url, page) {
  const of = url ?? page.location?.href;
  if (of === undefined) throw new TypeError('outside of a page, the option `url` says where the game is');
  return new URL('.', of);
}

/** The address of the WebSocket. @param {URL} base */
export function socketUrl(base) {
  const url = new URL('ws', base);
  url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** What tells the tokens of one game from those of another. @param {URL} base */
export function gameName(base) {
  return base.origin + base.pathname;
}

/**
 * What every first message says about the client.
 * @param {Options} options @param {{columns: number, rows: number, screenReader: boolean | undefined}} window
 */
export function introduction({ client, version, gmcp, msp }, { columns, rows, screenReader }) {
  return {
    client: client ?? 'mudkeep.js', version: version ?? '0.1.0', columns, rows,
    ...(gmcp && { gmcp }),
    ...(msp !== undefined && { msp }),
    ...(screenReader !== undefined && { screen_reader: screenReader }),
  };
}
