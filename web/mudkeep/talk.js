// What is said on a connection once it stands, and what has to be known for the next one: where the
// output is, which lines are not done, which token is good. It outlives connections; a link that is
// lost only ends its `live`.

import { Acks } from './acks.js';
import { Lines } from './lines.js';

/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').Welcome} Welcome */
/** @typedef {import('./messages.js').Authenticated} Authenticated */
/** @typedef {import('./messages.js').Grant} Grant */
/** @typedef {import('./messages.js').Refused} Refused */
/** @typedef {import('./keys.js').Keys} Keys */
/** @typedef {import('./options.js').Env} Env */
/** @typedef {import('./options.js').Options} Options */

/**
 * @typedef {object} Host
 * @property {(...messages: object[]) => boolean} say
 * @property {(type: string, detail?: object) => void} emit
 * @property {() => boolean} cameByOwn whether it came with a token that this tab was told itself
 * @property {() => void} connected
 */

/** The longest line, in characters of JSON: a message of 16 KiB is refused. */
const LINE_CHARS_MAX = 5_000;
/** How often in a row the server may ask for lines again. */
const STUMBLES_MAX = 5;
/** When a token is renewed that says nothing sensible about its end. */
const REFRESH_MS = 5 * 60 * 1000;
const TIMER_MS_MAX = 2 ** 31 - 1;
/** The question that is answered when all that was on its way has arrived, and for how long. */
const SORTED = 'sorted';
const SORTING_MS = 3_000;

export class Talk {
  #keys;
  #env;
  #host;
  #acks;
  #lines;
  #live = false;
  /** @type {string | null} */
  #session;
  /** @type {string | null} */
  #position;
  /** @type {string | null} */
  #user = null;
  #hidden = false;
  #replaying = false;
  /** Lines of ours wait until the player has said what becomes of those that waited. */
  #held = false;
  #stumbles = 0;
  /** How many lines the session has refused that were on their way to the one before; null: all that
   * were are known. @type {number | null} */
  #strays = null;
  /** @type {any} */
  #sorting = null;
  /** @type {any} */
  #refresh = null;

  /** @param {Keys} keys @param {Env} env @param {Host} host @param {string | null} position */
  constructor(keys, env, host, position) {
    this.#keys = keys;
    this.#env = env;
    this.#host = host;
    this.#acks = new Acks((at) => this.#ack(at), env);
    const tab = keys.recall();
    this.#session = tab?.session_id ?? null;
    this.#position = tab && position;
    this.#lines = new Lines(tab?.lines);
  }

  get live() {
    return this.#live;
  }

  get position() {
    return this.#position;
  }

  get user() {
    return this.#user;
  }

  /** Where to go on in the session of a token, if that is known.
   * @param {string} session */
  placeIn(session) {
    return session === (this.#session ?? session) ? this.#position : null;
  }

  /** A line, or several, were typed. @param {string} text */
  type(text) {
    if (this.#hidden && !this.#live) return false;
    const lines = text.split(/\r\n|\r|\n/);
    const taken = lines.every((line) => JSON.stringify(line).length <= LINE_CHARS_MAX
      && this.#lines.type(line, this.#hidden, this.#env.now()));
    if (this.#live) this.#sendLines(this.#held);
    this.remember();
    return taken;
  }

  /** What becomes of the lines that waited. @param {'all' | 'none' | number[]} send */
  answerQueued(send) {
    this.#host.say({ type: 'queue', send });
    if (this.#held) this.#sendLines(true);
  }

  /** What the tab must know after a reload. */
  remember() {
    this.#keys.remember(this.#position, this.#lines.pending);
  }

  /** The link is lost. */
  pause() {
    this.#live = this.#replaying = this.#held = false;
    this.#strays = null;
    this.#env.clearTimeout(this.#sorting);
    this.#acks.stop();
    this.#env.clearTimeout(this.#refresh);
    this.#lines.dropSecrets();
  }

  /** Nobody knows whether a password that is on its way has arrived; it is not sent again. */
  dropSecrets() {
    const secrets = this.#lines.dropSecrets();
    if (secrets > 0) this.#host.emit('dropped', { lines: secrets, secret: true });
  }

  /** No line is for what comes next. */
  dropLines() {
    const { waiting } = this.#lines;
    this.#lines.clear();
    this.#tellDropped(waiting);
  }

  /** The session is over. */
  forget() {
    this.#position = this.#session = this.#user = null;
    this.#hidden = false;
  }

  /** The place is of a session that cannot be entered any more. */
  forgetPlace() {
    this.#position = null;
  }

  /** @param {Message} message @param {number} size */
  hear(message, size) {
    if ('position' in message && message.position !== null && message.type in STREAM) {
      this.#position = message.position;
      this.#acks.reached(message.position, size);
    }
    switch (message.type) {
      case 'opened': case 'resumed': return this.#welcomed(message);
      case 'authenticated': return this.#authenticated(message);
      case 'token': return this.#granted(message);
      case 'input_ack': return this.#done(message.seq);
      case 'error': return this.#failed(message);
      case 'pong': return message.id === SORTED ? this.#sorted() : undefined;
      case 'closing': return undefined;
      case 'output': return this.#host.emit('output', { ...without(message), replay: this.#replaying });
      case 'echo': this.#hidden = !message.on; break;
      case 'replay': this.#replaying = true; break;
      case 'live': this.#replaying = false; break;
    }
    this.#host.emit(message.type, without(message));
  }

  /** @param {Welcome} welcome */
  #welcomed(welcome) {
    const dropped = this.#lines.welcome(this.#howReturned(welcome), welcome.input_seen);
    const same = this.#session === welcome.session_id;
    this.#arrive(welcome);
    this.#acks.now(welcome.position);
    this.#granted(welcome);
    this.#held = welcome.queued.length > 0;
    if (this.#lines.strayed) this.#sort();
    if (!this.#held) this.#sendLines(true);
    this.#host.connected();
    this.#announce(welcome, same);
    this.#tellDropped(dropped);
  }

  /** @param {Welcome} welcome */
  #arrive({ session_id, position, echo, user }) {
    this.#live = true;
    this.#session = session_id;
    this.#position = position;
    this.#user = user;
    this.#hidden = !echo;
  }

  /** @param {Welcome} welcome @param {boolean} same */
  #announce({ type, session_id, user, reset, gap, queued, echo }, same) {
    this.#host.emit('open', { resumed: type === 'resumed', same, user, reset, gap, session_id });
    if (reset) this.#host.emit('reset');
    if (gap) this.#host.emit('gap', gap);
    this.#host.emit('echo', { on: echo });
    if (queued.length > 0) this.#host.emit('queued', { lines: queued });
  }

  /** @param {Welcome} welcome @returns {import('./lines.js').Return} */
  #howReturned({ session_id, reset }) {
    const same = session_id === this.#session;
    if (this.#live) return same ? 'same' : 'moved';
    if (reset) return 'other';
    if (same) return this.#host.cameByOwn() ? 'same' : 'shared';
    return this.#session === null ? 'first' : 'other';
  }

  /** @param {Authenticated} told */
  #authenticated(told) {
    this.#session = told.session_id;
    this.#position = told.position;
    this.#user = told.user;
    this.#acks.now(told.position);
    this.#granted(told);
    this.#host.emit('authenticated', { user: told.user, session_id: told.session_id });
  }

  /** A token is kept before it is said to be. @param {Grant} grant */
  #granted({ token, expires_at, generation }) {
    if (token === '' || this.#session === null) return;
    this.#keys.put({ token, expires_at, session_id: this.#session, at: this.#env.now() });
    this.remember();
    this.#host.say({ type: 'token_ack', generation });
    const left = Date.parse(expires_at) - this.#env.now();
    const ms = left > 60_000 ? Math.min(left * 0.75, TIMER_MS_MAX) : REFRESH_MS;
    this.#env.clearTimeout(this.#refresh);
    this.#refresh = this.#env.setTimeout(() => void this.#host.say({ type: 'refresh' }), ms);
  }

  /** @param {number} seq */
  #done(seq) {
    this.#stumbles = 0;
    this.#lines.done(seq);
  }

  /** @param {Refused} error */
  #failed(error) {
    const { code, expected } = error;
    if (code === 'input_gap') this.#fillGap(expected ?? 1);
    if (code === 'not_acknowledged') this.#acknowledgeAndRepeat();
    if (code === 'secret') this.#tellDropped(this.#lines.clear());
    this.#host.emit('error', without(error));
  }

  /** @param {number} expected */
  #fillGap(expected) {
    if (!this.#mayStumble(expected)) return;
    if (!this.#lines.has(expected)) this.#lines.renumber(expected);
    this.#host.say(...this.#lines.again(expected));
  }

  #acknowledgeAndRepeat() {
    if (this.#strays !== null) {
      this.#strays += 1;
    } else if (this.#mayStumble(null)) {
      this.#acks.now(this.#position ?? '');
      this.#sendLines(true);
    }
  }

  /** Some lines were on their way when the session changed. The answer to a question that is asked
   * now comes after it has refused the last of them. */
  #sort() {
    this.#strays = 0;
    this.#host.say({ type: 'ping', id: SORTED });
    this.#sorting = this.#env.setTimeout(() => this.#sorted(), SORTING_MS);
  }

  #sorted() {
    if (this.#strays === null) return;
    this.#env.clearTimeout(this.#sorting);
    this.#lines.recoverAstray(this.#strays);
    this.#strays = null;
    this.#sendLines(false);
  }

  /** Two sides that do not agree must not talk for ever. @param {number | null} expected */
  #mayStumble(expected) {
    this.#stumbles += 1;
    if (this.#stumbles <= STUMBLES_MAX) return true;
    this.#stumbles = 0;
    this.#tellDropped(this.#lines.clear());
    if (expected !== null) this.#lines.renumber(expected);
    return false;
  }

  /** @param {string} position */
  #ack(position) {
    this.#host.say({ type: 'ack', position });
    this.remember();
  }

  /** Sends what has not gone out yet. @param {boolean} again and what went out before */
  #sendLines(again) {
    if (this.#strays !== null) return;
    this.#held = false;
    const before = again ? this.#lines.again() : [];
    this.#host.say(...before, ...this.#lines.takeNew());
  }

  /** @param {number} lines */
  #tellDropped(lines) {
    if (lines > 0) this.#host.emit('dropped', { lines });
  }
}

/** Messages that stand in the stream of output. @type {Record<string, true>} */
const STREAM = { output: true, prompt: true, gmcp: true };

/** @param {Message} message */
function without({ type, ...detail }) {
  return detail;
}
