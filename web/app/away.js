// What the player has missed. Lines that were said while nobody was there come in a burst; they are
// shown, but not read out, and summed up in one line that offers to read them.

import { hideBar, showBar } from './bars.js';
import { counted, duration } from './page.js';
import { textOf } from './scrollback.js';

/** @typedef {import('./terminal.js').Line} Line */

/** Who was away for less has missed nothing that needs words. */
const AWAY_S = 10;
/** The burst is over when nothing has come for so long, or in any case after the other. */
const QUIET_MS = 700;
const BURST_MS = 5000;

export class Away {
  #speech;
  #since = 0;
  /** @type {Line[] | null} */
  #burst = null;
  #words = '';
  #away = 0;
  #missed = 0;
  /** @type {any} */
  #quiet = null;
  /** @type {any} */
  #longest = null;

  /** @param {import('./speech.js').Speech} speech */
  constructor(speech) {
    this.#speech = speech;
  }

  /** The link is lost. */
  left() {
    if (this.#since === 0) this.#since = Date.now();
  }

  /** It is back. */
  returned() {
    const away = this.#since === 0 ? 0 : (Date.now() - this.#since) / 1000;
    this.#since = 0;
    if (away >= AWAY_S) this.#begin(away, 0);
  }

  /** What comes was said before. @param {{away_s: number, missed: number}} replay */
  replay({ away_s, missed }) {
    this.#begin(away_s, missed);
    clearTimeout(this.#longest);
  }

  /** From here on all is new. */
  live() {
    if (this.#burst) this.#wait();
  }

  /** @param {Line} line */
  line(line) {
    if (!this.#burst) return;
    this.#burst.push(line);
    this.#wait();
  }

  /** Reads out what was missed. */
  read() {
    this.#speech.say(this.#words || 'You have missed nothing.');
    hideBar('away');
  }

  /** @param {number} away @param {number} missed */
  #begin(away, missed) {
    this.#speech.hold();
    this.#burst = [];
    this.#away = away;
    this.#missed = missed;
    clearTimeout(this.#longest);
    this.#longest = setTimeout(() => this.#end(), BURST_MS);
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#end(), QUIET_MS);
  }

  #end() {
    clearTimeout(this.#quiet);
    clearTimeout(this.#longest);
    const lines = (this.#burst ?? []).map(textOf).filter((text) => text.trim() !== '');
    this.#burst = null;
    this.#speech.release();
    if (lines.length === 0) return;
    this.#words = lines.join('\n');
    const more = this.#missed > 0 ? `; ${this.#missed} more are not shown` : '';
    const away = this.#away >= 1 ? `You were away for ${duration(this.#away)}; ` : '';
    const words = `${away}${counted(lines.length, 'line', 'lines')}${more}.`;
    showBar('away', words, [
      { label: 'Read aloud', run: () => this.read(), quiet: true },
      { label: 'Dismiss', run: () => {}, quiet: true },
    ]);
    this.#speech.mention(`${words} Press Alt and R to hear them.`);
  }
}
