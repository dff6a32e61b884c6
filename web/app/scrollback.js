// The lines that were shown, and their copy in the tab's storage. The copy and the place in the game's
// output that it goes to are one item, so that a reload shows every line once: what is stored is what
// the game need not say again.

import { read, write } from '../mudkeep/keys.js';
import { fromShortForm, PLAIN, shortForm } from './style.js';

/** @typedef {import('./terminal.js').Line} Line */
/** @typedef {import('./style.js').Style} Style */
/** @typedef {{lines: Line[], open: Line, memory: any, position: string}} Kept */

/** How much of the tab's storage the copy may take, in characters. */
const STORED_CHARS_MAX = 512 * 1024;
const VERSION = 1;

export class Scrollback {
  /** @type {Line[]} */
  #lines = [];
  #max;

  /** @param {number} max how many lines are kept */
  constructor(max) {
    this.#max = max;
  }

  get lines() {
    return this.#lines;
  }

  /** @param {Line} line */
  push(line) {
    this.#lines.push(line);
    // In one go, for each is a copy of all.
    if (this.#lines.length > this.#max + 200) this.#lines.splice(0, this.#lines.length - this.#max);
  }

  /** @param {number} max */
  limit(max) {
    this.#max = max;
    this.#lines.splice(0, Math.max(0, this.#lines.length - max));
  }

  /** The text of the last lines that are not empty, the newest first.
   * @param {number} count @param {Line} open */
  last(count, open) {
    const texts = [];
    for (let i = this.#lines.length; i >= 0 && texts.length < count; i -= 1) {
      const text = textOf(this.#lines[i] ?? open).trim();
      if (text !== '') texts.push(text);
    }
    return texts;
  }

  /** All of it as text. */
  text() {
    return this.#lines.map((line) => `${textOf(line)}\n`).join('');
  }
}

/** @param {Line} line */
export function textOf({ pieces }) {
  return pieces.map(({ text }) => text).join('');
}

/**
 * Stores the newest lines with the place that they go to.
 * @param {Storage | undefined} storage @param {string} name @param {Kept} kept
 */
export function store(storage, name, { lines, open, memory, position }) {
  for (let max = STORED_CHARS_MAX; max > 1024; max = Math.floor(max / 2)) {
    const packed = newest(lines, max);
    if (write(storage, name, { v: VERSION, position, memory, open: packLine(open), lines: packed })) return true;
  }
  return false;
}

/** What a page before this one stored. @param {Storage | undefined} storage @param {string} name
 * @returns {Kept | null} */
export function recall(storage, name) {
  const kept = read(storage, name);
  if (kept?.v !== VERSION || typeof kept.position !== 'string' || !Array.isArray(kept.lines)) return null;
  return {
    position: kept.position, memory: kept.memory, open: unpackLine(kept.open),
    lines: kept.lines.map(unpackLine),
  };
}

/** @param {Line[]} lines @param {number} max */
function newest(lines, max) {
  const packed = [];
  let size = 0;
  for (let i = lines.length - 1; i >= 0; i -= 1) {
    const line = packLine(/** @type {Line} */ (lines[i]));
    size += line.reduce((sum, part) => sum + part.length + 3, 2);
    if (size > max) break;
    packed.push(line);
  }
  return packed.reverse();
}

/** A line as a flat list: its kind, then style, address and text of each piece. @param {Line} line */
function packLine({ kind, pieces }) {
  return [kind === 'note' ? 'n' : '', ...pieces.flatMap(({ text, style }) => [shortForm(style), style.url ?? '', text])];
}

/** @param {any} packed @returns {Line} */
function unpackLine(packed) {
  const parts = Array.isArray(packed) ? packed.map(String) : [''];
  const pieces = [];
  for (let i = 1; i + 2 < parts.length; i += 3) {
    const [form = '', url = '', text = ''] = parts.slice(i, i + 3);
    pieces.push({ text, style: styled(form, url) });
  }
  return { kind: parts[0] === 'n' ? 'note' : 'game', pieces };
}

/** @param {string} form @param {string} url @returns {Style} */
function styled(form, url) {
  const style = form === '' ? PLAIN : fromShortForm(form);
  return /^https?:\/\//i.test(url) ? { ...style, url } : style;
}
