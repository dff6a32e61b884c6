// What a screen reader says by itself. New lines are announced by the log; what was said before is
// not read again line by line, but only summed up, and read when asked for.

import { element } from './page.js';

/** The regions are emptied before they are filled, or the same words twice would be said once. */
const REFILL_MS = 60;
/** How long after the last old line the log is listened to again. */
const RELEASE_MS = 300;

export class Speech {
  #log = element('log', HTMLElement);
  #now = element('say-now', HTMLElement);
  #soon = element('say-soon', HTMLElement);
  #mode = 'all';
  #held = false;
  /** @type {any} */
  #timer = null;
  /** @type {any} */
  #refill = null;

  /** @param {string} mode `all`, `prompts` or `nothing` */
  set mode(mode) {
    this.#mode = mode;
    this.#apply();
  }

  /** What comes now is not to be announced. */
  hold() {
    clearTimeout(this.#timer);
    this.#held = true;
    this.#apply();
  }

  release() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#held = false;
      this.#apply();
    }, RELEASE_MS);
  }

  /** Says something that was asked for, at once. @param {string} words */
  say(words) {
    this.#fill(this.#now, words);
  }

  /** Says something when there is time. @param {string} words */
  mention(words) {
    this.#fill(this.#soon, words);
  }

  /** The game waits: this is its prompt. @param {string} words */
  prompt(words) {
    if (this.#mode === 'prompts' && !this.#held && words.trim() !== '') this.mention(words);
  }

  /** Nothing that waits is to be said any more. */
  hush() {
    clearTimeout(this.#refill);
    this.#now.replaceChildren();
    this.#soon.replaceChildren();
  }

  #apply() {
    this.#log.setAttribute('aria-live', this.#mode === 'all' && !this.#held ? 'polite' : 'off');
  }

  /** @param {HTMLElement} region @param {string} words */
  #fill(region, words) {
    this.hush();
    this.#refill = setTimeout(() => { region.textContent = words; }, REFILL_MS);
  }
}
