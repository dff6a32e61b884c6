// Says in words what the connection does, and offers what can be done about it.

import { hideBar, showBar } from './bars.js';
import { answer, counted, duration, element } from './page.js';

/** @typedef {import('../mudkeep.js').Mudkeep} Mudkeep */
/** @typedef {import('../mudkeep.js').State} State */

/** Why it is over, where the game or mudkeep has no words of its own. @type {Record<string, string>} */
const REASONS = {
  game_closed: 'The game has ended the connection.',
  game_unreachable: 'The game cannot be reached.',
  logged_out: 'You have logged out.',
  kicked: 'You were disconnected by an admin.',
  expired: 'You were away for too long; the game has been left.',
  banned: 'You may not play here.',
  refused: 'You may not play at the moment.',
  shutdown: 'The game is being restarted.',
  slow: 'The link was too slow.',
  idle: 'You did nothing for too long.',
  session_lost: 'The connection to the game was lost in a restart. Log in again.',
  session_ended: 'You have left the game. Log in again.',
  token_invalid: 'Your connection to the game is over. Log in again.',
  token_expired: 'You were away for too long. Log in again.',
  token_reused: 'Another page has gone on with this game. Log in again.',
  left: 'Disconnected.',
  too_big: 'Something too long was sent.',
};

/** @type {Record<string, string>} */
const WORDS = { idle: 'Not connected', connecting: 'Connecting', connected: 'Connected', replaced: 'Playing elsewhere', ended: 'Disconnected' };

export class Connection {
  #game;
  #place = element('state', HTMLElement);
  #words = element('state-words', HTMLElement);
  #time = element('state-time', HTMLElement);
  #retry = element('retry', HTMLButtonElement);
  /** @type {any} */
  #ticking = null;
  #retryAt = 0;
  #lost = false;

  /** @param {Mudkeep} game */
  constructor(game) {
    this.#game = game;
    this.#retry.addEventListener('click', () => game.connect());
    game.addEventListener('state', (event) => this.#show(/** @type {any} */ (event).detail));
    game.addEventListener('replaced', () => void this.#replaced());
    game.addEventListener('closed', (event) => this.#closed(/** @type {any} */ (event).detail));
    game.addEventListener('queued', (event) => this.#queued(/** @type {any} */ (event).detail));
  }

  /** @param {State} state */
  #show({ state, in_s = 0 }) {
    clearInterval(this.#ticking);
    this.#lost = state === 'reconnecting' || (this.#lost && state === 'connecting');
    this.#place.dataset['state'] = this.#lost && state === 'connecting' ? 'reconnecting' : state;
    const words = this.#lost ? 'Link lost, reconnecting' : WORDS[state] ?? '';
    // A status that is said again and again with the same words is no news.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#time.textContent = '';
    this.#retry.hidden = state !== 'reconnecting' || in_s < 1;
    if (state === 'reconnecting' && in_s >= 1) this.#count(in_s);
    if (state === 'connecting' || state === 'connected') hideBar('ended');
    if (state === 'connected') element('replaced', HTMLDialogElement).close();
    if (state !== 'connected') hideBar('queued');
  }

  /** @param {number} seconds */
  #count(seconds) {
    this.#retryAt = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((this.#retryAt - Date.now()) / 1000));
      this.#time.textContent = ` in ${left} s`;
    };
    tick();
    this.#ticking = setInterval(tick, 1000);
  }

  async #replaced() {
    const choice = await answer(element('replaced', HTMLDialogElement));
    if (this.#game.state.state !== 'replaced') return;
    if (choice === 'take') return this.#game.takeBack();
    showBar('ended', 'You are playing on another connection.', [
      { label: 'Take it back here', run: () => this.#game.takeBack() },
    ]);
  }

  /** @param {{reason: string, message: string, user: string | null}} why */
  #closed({ reason, message, user }) {
    const as = user && reason === 'session_lost' ? ` You were ${user}.` : '';
    // What opens nothing any more is a matter of programs; the rest the game may say in its words.
    const words = /^(token|session)_/.test(reason) ? REASONS[reason] : message || REASONS[reason];
    showBar('ended', `${words ?? 'Disconnected.'}${as}`, [
      { label: 'Connect again', run: () => this.#game.connect() },
    ]);
  }

  /** @param {{lines: {seq: number, line: string, age_s: number}[]}} waiting */
  #queued({ lines }) {
    const oldest = Math.max(...lines.map(({ age_s }) => age_s));
    const words = `${counted(lines.length, 'line', 'lines')} that you typed while the link was lost, up to ${duration(oldest)} ago:`;
    showBar('queued', words, [
      { label: 'Send all', run: () => this.#game.answerQueued('all') },
      { label: 'Send none', run: () => this.#game.answerQueued('none'), quiet: true },
    ], lines.map(({ line }) => line));
  }
}
