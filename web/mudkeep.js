// Plays a game through mudkeep, over whatever connection there is at the moment:
//
//   import { Mudkeep } from './mudkeep.js';
//   const game = new Mudkeep();
//   game.addEventListener('output', (event) => terminal.write(event.detail.text));
//   game.connect();
//
// and `game.send('look')`. The connection may come and go: nothing is shown twice, nothing that was
// typed is done twice, and what is lost is said in an event. What an event has to say is in its
// `detail`; docs/protocol.md tells what happens on the wire.

import { Backoff } from './mudkeep/backoff.js';
import { isRefusal, judge } from './mudkeep/ending.js';
import { openEvents } from './mudkeep/events.js';
import { Keys } from './mudkeep/keys.js';
import { understand } from './mudkeep/messages.js';
import { environment, gameName, introduction, socketUrl } from './mudkeep/options.js';
import { Pulse } from './mudkeep/pulse.js';
import { Route } from './mudkeep/route.js';
import { Talk } from './mudkeep/talk.js';
import { openWebSocket } from './mudkeep/websocket.js';

/** @typedef {import('./mudkeep/options.js').Options} Options */
/** @typedef {import('./mudkeep/messages.js').Message} Message */
/** @typedef {import('./mudkeep/messages.js').Refused} Refused */
/** @typedef {import('./mudkeep/messages.js').Closing} Closing */
/** @typedef {import('./mudkeep/websocket.js').Link} Link */
/** @typedef {import('./mudkeep/ending.js').Ending} Ending */

/**
 * `connecting`, `connected`, `reconnecting` with `in_s`, `replaced` (playing on another connection:
 * `takeBack` brings it here), `ended` with a `reason`.
 * @typedef {{state: 'idle' | 'connecting' | 'connected' | 'replaced' | 'ended' | 'reconnecting',
 *   in_s?: number, reason?: string, message?: string}} State
 */

/** How long a connection may take until it is welcomed. */
const WELCOME_MS = 15_000;
/** A connection that lived this long was a good one: the next try is made at once. */
const GOOD_MS = 5_000;
/** How long a logout may take before it is said to be done. */
const LOGOUT_MS = 3_000;
/** The longest GMCP message, in characters: the server refuses one of 16 KiB. */
const MESSAGE_CHARS_MAX = 5_000;

/** Errors after which it is too early to come back at once. */
const PATIENCE = new Set(['busy', 'token_limited']);
/** Close codes that no server of ours has sent: nobody was reached. */
const MUTE = new Set([1001, 1002, 1005, 1006, 1011, 1015]);
const BEFORE_WELCOME = new Set(['opened', 'resumed', 'error', 'closing', 'notice', 'pong']);

/** An event whose `detail` says what happened. */
export class MudkeepEvent extends Event {
  /** @param {string} type @param {any} [detail] */
  constructor(type, detail = {}) {
    super(type);
    this.detail = detail;
  }
}

export class Mudkeep extends EventTarget {
  #options;
  #env;
  #keys;
  #route;
  #backoff;
  #pulse;
  #talk;
  #window;
  /** @type {'idle' | 'dialing' | 'live' | 'waiting' | 'over'} */
  #phase = 'idle';
  /** @type {State} */
  #state = { state: 'idle' };
  /** @type {Link | null} */
  #link = null;
  /** The token that it came with. @type {ReturnType<Keys['choose']>} */
  #presented = null;
  /** There was a welcome since `connect`. */
  #played = false;
  #liveSince = 0;
  /** @type {Closing | null} */
  #closing = null;
  /** @type {Refused | null} */
  #refusal = null;
  /** @type {Record<string, any>} */
  #timers = {};
  #listening = false;

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    const env = environment(options);
    const { columns = 80, rows = 24, screenReader, position = null } = options;
    this.#options = options;
    this.#env = env;
    this.#window = { columns, rows, screenReader };
    this.#keys = new Keys(gameName(env.base), env);
    this.#route = new Route(gameName(env.base), env);
    this.#backoff = new Backoff(env.random);
    this.#pulse = new Pulse({ ping: () => this.#say({ type: 'ping' }), dead: () => this.#giveUp() }, env);
    this.#talk = new Talk(this.#keys, env, {
      say: (...messages) => this.#say(...messages),
      emit: (type, detail) => this.#emit(type, detail),
      cameByOwn: () => this.#presented?.own === true,
      connected: () => this.#connected(),
    }, position);
  }

  /** What is going on. */
  get state() {
    return this.#state;
  }

  /** How far the output has been received. */
  get position() {
    return this.#talk.position;
  }

  /** Who the game says it is. */
  get user() {
    return this.#talk.user;
  }

  /** Begins to play, or tries again at once. */
  connect() {
    if (this.#phase === 'live' || this.#phase === 'dialing') return;
    if (this.#phase !== 'waiting') this.#played = false;
    this.#listen(true);
    this.#dial();
  }

  /**
   * Types a line, or several. What is typed while the link is lost goes out later, but no password.
   * False: it goes nowhere.
   * @param {string} text
   */
  send(text) {
    if (this.#phase === 'over') return false;
    const taken = this.#talk.type(String(text));
    if (this.#phase === 'live') this.#pulse.said();
    return taken;
  }

  /** Sends a GMCP message. False: there is no connection, or it is too long.
   * @param {string} name @param {any} [data] */
  gmcp(name, data) {
    const message = { type: 'gmcp', package: String(name), ...(data !== undefined && { data }) };
    return JSON.stringify(message).length <= MESSAGE_CHARS_MAX && this.#say(message);
  }

  /** The size of the window, and whether a screen reader reads it.
   * @param {number} columns @param {number} rows @param {boolean} [screenReader] */
  resize(columns, rows, screenReader = this.#window.screenReader) {
    this.#window = { columns, rows, screenReader };
    const reader = screenReader !== undefined && { screen_reader: screenReader };
    return this.#say({ type: 'resize', columns, rows, ...reader });
  }

  /** Says what becomes of the lines that waited. @param {'all' | 'none' | number[]} send */
  answerQueued(send) {
    this.#talk.answerQueued(send);
  }

  /** The session ends, here and for every other client of it. */
  logout() {
    if (this.#phase === 'over') return;
    const over = () => this.#end({ verdict: 'over', reason: 'logged_out', message: '' }, true);
    if (this.#say({ type: 'logout' })) return this.#after('logout', LOGOUT_MS, over);
    void this.#logoutByRequest();
    over();
  }

  /** Takes the game back from the connection that took it. */
  takeBack() {
    if (this.#state.state === 'replaced') this.connect();
  }

  /** Leaves for now; the session is held for a while. */
  close() {
    if (this.#phase === 'over') return;
    this.#end({ verdict: 'over', reason: 'left', message: '' }, false);
  }

  // --- Coming -----------------------------------------------------------------------------------

  #dial() {
    this.#hangUp();
    this.#phase = 'dialing';
    this.#closing = this.#refusal = null;
    this.#presented = this.#keys.choose();
    this.#tell({ state: 'connecting' });
    const way = this.#route.choose();
    this.#after('welcome', WELCOME_MS, () => this.#giveUp(way));
    try {
      this.#link = this.#open(way);
    } catch {
      this.#lost(1006, 'it cannot be opened', way);
    }
  }

  /** A link speaks only as long as it is the one in use. @param {Link['way']} way */
  #open(way) {
    const { WebSocket, base } = this.#env;
    /** @type {Link} */
    let link;
    const listener = {
      message: (/** @type {any} */ message, /** @type {number} */ size) => {
        if (link === this.#link) this.#hear(message, size);
      },
      lost: (/** @type {number} */ code, /** @type {string} */ reason) => {
        if (link === this.#link) this.#lost(code, reason, way);
      },
    };
    const bearer = () => this.#keys.own?.token ?? '';
    link = way === 'websocket'
      ? openWebSocket(WebSocket, socketUrl(base), this.#hello(), listener)
      : openEvents(base.href, this.#hello(), bearer, listener, this.#env);
    return link;
  }

  #hello() {
    const introduced = introduction(this.#options, this.#window);
    const key = this.#presented?.key;
    if (!key) return { type: 'open', ...introduced };
    const { replay = 'screen', queued } = this.#options;
    const position = this.#talk.placeIn(key.session_id);
    const from = position === null ? { replay } : { position };
    // Whoever comes back without being asked to takes no other connection's place.
    const polite = this.#played && { takeover: false };
    return {
      type: 'resume', token: key.token, ...from, ...(queued && { queued }), ...polite, ...introduced,
    };
  }

  #connected() {
    this.#played = true;
    this.#route.worked(this.#link?.way ?? 'websocket');
    this.#env.clearTimeout(this.#timers['welcome']);
    this.#tell({ state: 'connected' });
  }

  // --- Going ------------------------------------------------------------------------------------

  /** The link does not answer. @param {Link['way']} [way] */
  #giveUp(way = this.#link?.way ?? 'websocket') {
    this.#link?.close();
    this.#lost(1006, 'no answer', way);
  }

  /** @param {number} code @param {string} reason @param {Link['way']} way */
  #lost(code, reason, way) {
    const [closing, refusal] = [this.#closing, this.#refusal];
    const mute = this.#phase === 'dialing' && !closing && !refusal && MUTE.has(code);
    if (mute && this.#env.navigator?.onLine !== false) this.#route.failed(way);
    if (this.#phase === 'live' && this.#env.now() - this.#liveSince >= GOOD_MS) this.#backoff.reset();
    const ending = judge({ code, reason, closing, refusal, played: this.#played });
    if (ending.verdict === 'fresh') return this.#startAfresh(ending);
    if (ending.verdict === 'retry' || ending.verdict === 'later') return this.#waitToRetry(ending);
    this.#end(ending, closing !== null || refusal !== null || code === 4401);
  }

  /** The token that was kept opens nothing: on with another one, or with none. @param {Ending} ending */
  #startAfresh(ending) {
    if (!this.#presented) return this.#end({ ...ending, verdict: 'over' }, true);
    this.#keys.forget(this.#presented.key.token);
    this.#talk.forgetPlace();
    this.#dial();
  }

  /** @param {Ending} ending */
  #waitToRetry({ verdict, reason, message }) {
    const ms = this.#backoff.next(verdict === 'later');
    this.#talk.dropSecrets();
    this.#hangUp();
    this.#phase = 'waiting';
    this.#talk.remember();
    this.#tell({ state: 'reconnecting', in_s: ms / 1000, reason, message });
    this.#after('retry', ms, () => this.#dial());
  }

  /** @param {Ending} ending @param {boolean} forget the token opens nothing any more */
  #end({ verdict, reason, message }, forget) {
    const user = this.#refusal?.user ?? this.#talk.user;
    const replaced = verdict === 'replaced';
    this.#hangUp();
    this.#phase = 'over';
    this.#listen(false);
    this.#talk.dropLines();
    this.#talk.remember();
    if (forget && !replaced) this.#forget();
    this.#tell(replaced ? { state: 'replaced', message } : { state: 'ended', reason, message });
    this.#emit(replaced ? 'replaced' : 'closed', { reason, message, user });
  }

  #forget() {
    for (const key of [this.#presented?.key, this.#keys.own]) {
      if (key) this.#keys.forget(key.token);
    }
    this.#talk.forget();
  }

  /** Nothing of the connection before goes on. */
  #hangUp() {
    this.#link?.close();
    this.#link = null;
    this.#pulse.stop();
    this.#talk.pause();
    Object.values(this.#timers).forEach((timer) => this.#env.clearTimeout(timer));
    this.#timers = {};
  }

  async #logoutByRequest() {
    const token = this.#keys.own?.token;
    if (!token) return;
    const url = new URL('api/session', this.#env.base).href;
    const headers = { Authorization: `Bearer ${token}` };
    await this.#env.fetch(url, { method: 'DELETE', headers }).catch(() => null);
  }

  // --- Talking ----------------------------------------------------------------------------------

  /** @param {any} raw @param {number} size */
  #hear(raw, size) {
    const message = understand(raw);
    if (!message) return;
    this.#pulse.beat();
    if (this.#phase !== 'live' && !BEFORE_WELCOME.has(message.type)) return;
    if (message.type === 'opened' || message.type === 'resumed') this.#goLive();
    this.#refusal = message.type === 'error' && refuses(message.code) ? message : null;
    this.#talk.hear(message, size);
    if (message.type === 'closing') this.#closed(message);
  }

  #goLive() {
    if (this.#phase === 'live') return;
    this.#phase = 'live';
    this.#liveSince = this.#env.now();
  }

  /** @param {Closing} closing */
  #closed(closing) {
    this.#closing = closing;
    this.#lost(closing.resume ? 1012 : 1000, '', this.#link?.way ?? 'websocket');
  }

  /** Whether there is a connection to say it on. @param {object[]} messages */
  #say(...messages) {
    if (this.#phase !== 'live' || !this.#link) return false;
    if (messages.length > 0) this.#link.send(messages);
    return true;
  }

  // --- The world around -------------------------------------------------------------------------

  /** @param {boolean} on */
  #listen(on) {
    if (on === this.#listening) return;
    this.#listening = on;
    const { window, document } = this.#env;
    const act = on ? 'addEventListener' : 'removeEventListener';
    window?.[act]('online', this.#wake);
    window?.[act]('pageshow', this.#wake);
    window?.[act]('pagehide', this.#leave);
    document?.[act]('visibilitychange', this.#wake);
  }

  /** The network is back, or the player is: a link that slept may be dead. */
  #wake = () => {
    if (this.#env.document?.visibilityState === 'hidden') return this.#talk.remember();
    if (this.#phase === 'waiting') this.#dial();
    else if (this.#phase === 'live') this.#pulse.probe();
  };

  #leave = () => this.#talk.remember();

  /** @param {string} name @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    this.#env.clearTimeout(this.#timers[name]);
    this.#timers[name] = this.#env.setTimeout(run, ms);
  }

  /** @param {State} state */
  #tell(state) {
    this.#state = state;
    this.#emit('state', state);
  }

  /** @param {string} type @param {object} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new MudkeepEvent(type, detail));
  }
}

/** Whether an error explains why the connection ends. @param {string} code */
function refuses(code) {
  return isRefusal(code) || PATIENCE.has(code);
}
