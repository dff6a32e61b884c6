// Takes a game's text apart: what is text, in which style, and where lines end. Sequences that mean
// nothing here are swallowed. Wherever the text is cut, what comes out is the same: what is not whole
// yet waits in `pending`, which has a bound.

import { applySgr, changed, PLAIN } from './style.js';

/** @typedef {import('./style.js').Style} Style */
/**
 * @typedef {object} Sink
 * @property {(text: string, style: Style) => void} text
 * @property {() => void} newline
 * @property {() => void} carriageReturn
 * @property {() => void} backspace
 * @property {() => void} bell
 * @property {(mode: number) => void} mxpMode
 */

/** A control sequence that is longer is none. */
const CSI_MAX = 96;
/** A string (a title, a link) that is longer is dropped. */
const STRING_MAX = 4096;

const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;
const CSI = /\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)/y;
const INTERMEDIATE = /\x1b[\x20-\x2f]+/y;
const STRING_END = /[\x07\x1b\n\x9c]/g;

export class Ansi {
  #sink;
  #pending = '';
  #style = PLAIN;

  /** @param {Sink} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  /** Whether nothing waits for its rest. */
  get whole() {
    return this.#pending === '';
  }

  get style() {
    return this.#style;
  }

  set style(style) {
    this.#style = style;
  }

  /** @param {string} text */
  feed(text) {
    const all = this.#pending + text;
    this.#pending = '';
    let at = 0;
    while (at < all.length) {
      CONTROL.lastIndex = at;
      const found = CONTROL.exec(all);
      const end = found ? found.index : all.length;
      if (end > at) this.#sink.text(all.slice(at, end), this.#style);
      if (!found) return;
      const length = found[0] === '\x1b' ? this.#escape(all, end) : this.#control(found[0]);
      if (length === 0) {
        this.#pending = all.slice(end);
        return;
      }
      at = end + length;
    }
  }

  /** @param {string} control */
  #control(control) {
    if (control === '\n') this.#sink.newline();
    else if (control === '\r') this.#sink.carriageReturn();
    else if (control === '\b') this.#sink.backspace();
    else if (control === '\x07') this.#sink.bell();
    return 1;
  }

  /** How long the sequence is that begins here; 0: the rest of it has not come yet.
   * @param {string} all @param {number} at */
  #escape(all, at) {
    const kind = all[at + 1];
    if (kind === undefined) return 0;
    if (kind === '[') return this.#controlSequence(all, at);
    if (kind === ']') return this.#string(all, at, (text) => this.#command(text));
    if ('PX^_'.includes(kind)) return this.#string(all, at, () => {});
    if (kind >= ' ' && kind <= '/') return intermediate(all, at);
    return kind >= '0' && kind <= '~' ? 2 : 1;
  }

  /** @param {string} all @param {number} at */
  #controlSequence(all, at) {
    CSI.lastIndex = at;
    const [whole, parameters = '', between] = CSI.exec(all) ?? [''];
    if (whole.length > CSI_MAX) return CSI_MAX;
    const final = all[at + whole.length];
    if (final === undefined) return 0;
    // Something that belongs into no sequence: it is text again.
    if (final < '@' || final > '~') return whole.length;
    if (between === '') this.#perform(final, parameters);
    return whole.length + 1;
  }

  /** @param {string} final @param {string} parameters */
  #perform(final, parameters) {
    if (final === 'm' && /^[\d;:]*$/.test(parameters)) this.#style = applySgr(this.#style, parameters);
    if (final === 'z' && /^\d{1,3}$/.test(parameters)) this.#sink.mxpMode(Number(parameters));
  }

  /** @param {string} all @param {number} at @param {(text: string) => void} take */
  #string(all, at, take) {
    STRING_END.lastIndex = at + 2;
    const end = STRING_END.exec(all)?.index ?? all.length;
    if (end - at >= STRING_MAX) return STRING_MAX;
    if (end === all.length) return 0;
    const length = end - at;
    // A string ends with its line, too: no game means to hide a page.
    if (all[end] === '\n') return length;
    if (all[end] === '\x1b' && all[end + 1] === undefined) return 0;
    if (all[end] === '\x1b' && all[end + 1] !== '\\') return length;
    take(all.slice(at + 2, end));
    return length + (all[end] === '\x1b' ? 2 : 1);
  }

  /** An operating system command; only links (`8;parameters;address`) mean something.
   * @param {string} text */
  #command(text) {
    const link = /^8;[^;]*;(.*)$/.exec(text);
    if (!link) return;
    const address = link[1] ?? '';
    const url = /^https?:\/\/[^\s]+$/i.test(address) ? address : null;
    this.#style = changed(this.#style, { url });
  }
}

/** @param {string} all @param {number} at */
function intermediate(all, at) {
  INTERMEDIATE.lastIndex = at;
  const length = INTERMEDIATE.exec(all)?.[0].length ?? 1;
  if (length > CSI_MAX) return CSI_MAX;
  const final = all[at + length];
  if (final === undefined) return 0;
  return final >= '0' && final <= '~' ? length + 1 : length;
}
