// Sound triggers in the text (MUD Sound Protocol): `!!SOUND(name V=50 L=1 U=address)` at the start of
// a line. They are taken out; the line goes with them where nothing else stands in it.

/** @typedef {import('./style.js').Style} Style */
/**
 * @typedef {object} Trigger
 * @property {'sound' | 'music'} kind
 * @property {string} name a file, or `Off`
 * @property {number} volume 0 to 100
 * @property {number} loops -1 for ever
 * @property {string | null} url the folder of the file
 */

const STARTS = ['!!SOUND(', '!!MUSIC('];
/** A trigger that is longer is text. */
const TRIGGER_MAX = 512;

export class Msp {
  #next;
  #trigger;
  #lineStart = true;
  #held = '';
  /** @type {Style | null} */
  #style = null;
  #alone = false;

  /**
   * @param {{text: (text: string, style: Style) => void, newline: () => void}} next
   * @param {(trigger: Trigger) => void} trigger
   */
  constructor(next, trigger) {
    this.#next = next;
    this.#trigger = trigger;
  }

  get whole() {
    return this.#held === '' && !this.#alone;
  }

  /** @param {string} text @param {Style} style */
  text(text, style) {
    if (!this.#lineStart) return this.#pass(text, style);
    this.#held += text;
    this.#style ??= style;
    this.#look(style);
  }

  newline() {
    this.flush();
    if (!this.#alone) this.#next.newline();
    this.#alone = false;
    this.#lineStart = true;
  }

  /** What waits is text after all. */
  flush() {
    const [held, style] = [this.#held, this.#style];
    if (held === '' || !style) return;
    this.#pass(held, style);
  }

  /** @param {Style} style */
  #look(style) {
    const held = this.#held;
    if (STARTS.some((start) => start.startsWith(held))) return;
    const kind = STARTS.findIndex((start) => held.startsWith(start));
    if (kind < 0) return this.flush();
    const end = held.indexOf(')');
    if (end < 0 && held.length <= TRIGGER_MAX) return;
    if (end < 0 || end > TRIGGER_MAX) return this.flush();
    this.#trigger(parse(kind === 0 ? 'sound' : 'music', held.slice(8, end)));
    this.#held = '';
    this.#style = null;
    this.#alone = true;
    if (end + 1 < held.length) this.text(held.slice(end + 1), style);
  }

  /** @param {string} text @param {Style} style */
  #pass(text, style) {
    this.#held = '';
    this.#style = null;
    this.#lineStart = this.#alone = false;
    this.#next.text(text, style);
  }
}

/** @param {Trigger['kind']} kind @param {string} text @returns {Trigger} */
function parse(kind, text) {
  const [name = '', ...rest] = text.trim().split(/\s+/);
  /** @type {Record<string, string>} */
  const given = {};
  for (const part of rest) {
    const [key = '', value = ''] = part.split(/=(.*)/s);
    given[key.toUpperCase()] = value;
  }
  return { kind, name, volume: within(given['V'], 0, 100, 100), loops: within(given['L'], -1, 100, 1), url: given['U'] || null };
}

/** @param {string | undefined} text @param {number} least @param {number} most @param {number} otherwise */
function within(text, least, most, otherwise) {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? otherwise : Math.min(most, Math.max(least, value));
}
