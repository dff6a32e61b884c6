// Tags in the text (MUD eXtension Protocol), as far as a page can do something with them; the others
// are not shown. Only a line that the game has switched to a mode with tags is looked at: elsewhere
// `<` is what it looks like, as in many a prompt.

import { changed, PLAIN, switched } from './style.js';

/** @typedef {import('./style.js').Style} Style */
/** @typedef {'open' | 'secure' | 'locked'} Mode */

/** @type {Record<number, Mode>} */
const LINE_MODES = { 0: 'open', 1: 'secure', 2: 'locked' };
/** @type {Record<number, Mode>} */
const LASTING_MODES = { 5: 'open', 6: 'secure', 7: 'locked' };

const TAG_MAX = 1024;
const ENTITY_MAX = 12;
const OPEN_MAX = 32;

/** Tags that anybody may use. @type {Record<string, string>} */
const ATTRIBUTES = {
  b: 'b', bold: 'b', strong: 'b', i: 'i', italic: 'i', em: 'i', u: 'u', underline: 'u', s: 's',
  strikeout: 's', h: 'b', high: 'b',
};
const COLOURED = new Set(['c', 'color', 'font']);
const OPEN_TAGS = new Set([...Object.keys(ATTRIBUTES), ...COLOURED]);
/** @type {Record<string, string>} */
const ENTITIES = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: '\u00a0' };
/** @type {Record<string, number>} */
const COLOUR_NAMES = {
  black: 0, red: 9, maroon: 1, green: 2, lime: 10, olive: 3, yellow: 11, navy: 4, blue: 12, purple: 5,
  magenta: 13, fuchsia: 13, teal: 6, cyan: 14, aqua: 14, silver: 7, gray: 8, grey: 8, white: 15,
};

export class Mxp {
  #next;
  /** @type {Mode} */
  #lasting = 'locked';
  /** @type {Mode} */
  #mode = 'locked';
  #once = false;
  #held = '';
  #style = PLAIN;
  /** @type {{name: string, change: (style: Style) => Style}[]} */
  #open = [];

  /** @param {{text: (text: string, style: Style) => void, newline: () => void}} next */
  constructor(next) {
    this.#next = next;
  }

  get whole() {
    return this.#held === '' && this.#open.length === 0 && this.#mode === this.#lasting && !this.#once;
  }

  /** What lasts over a reload. */
  get lasting() {
    return this.#lasting;
  }

  /** @param {number} number of `ESC [ number z` */
  mode(number) {
    this.flush();
    this.#once = number === 4;
    const lasting = number === 3 ? 'locked' : LASTING_MODES[number];
    if (lasting) this.#lasting = lasting;
    this.#mode = lasting ?? LINE_MODES[number] ?? this.#mode;
    if (number === 3) this.#open = [];
  }

  /** @param {string} text @param {Style} style */
  text(text, style) {
    this.#style = style;
    if (this.#mode === 'locked' && !this.#once) return this.#show(text);
    const all = this.#held + text;
    this.#held = '';
    let at = 0;
    while (at < all.length) {
      const used = this.#piece(all, at);
      if (used === 0) {
        this.#held = all.slice(at);
        return;
      }
      at += used;
    }
  }

  newline() {
    this.flush();
    this.#mode = this.#lasting;
    this.#once = false;
    // What one opens in a line that is not secure ends with it.
    if (this.#mode !== 'secure') this.#open = [];
    this.#next.newline();
  }

  /** What waits is text after all. */
  flush() {
    const held = this.#held;
    this.#held = '';
    if (held !== '') this.#show(held);
  }

  /** How much was taken; 0: the rest of it has not come yet. @param {string} all @param {number} at */
  #piece(all, at) {
    if (this.#mode === 'locked' && !this.#once) return this.#upTo(all, at, all.length);
    if (all[at] === '<') return this.#tag(all, at);
    if (all[at] === '&') return this.#entity(all, at);
    const next = all.slice(at).search(/[<&]/);
    return this.#upTo(all, at, next < 0 ? all.length : at + next);
  }

  /** @param {string} all @param {number} at @param {number} end */
  #upTo(all, at, end) {
    this.#once = false;
    this.#show(all.slice(at, end));
    return end - at;
  }

  /** @param {string} all @param {number} at */
  #tag(all, at) {
    if (all[at + 1] === undefined) return 0;
    if (!/[a-z/!]/i.test(all[at + 1] ?? '')) return this.#upTo(all, at, at + 1);
    const length = tagLength(all, at);
    if (length === 0) return all.length - at > TAG_MAX ? this.#upTo(all, at, at + 1) : 0;
    const [, slash = '', name = '', rest = ''] = /^(\/?)(!?[\w.-]+)([^]*)$/.exec(all.slice(at + 1, at + length - 1)) ?? [];
    const secure = this.#mode === 'secure' || this.#once;
    if (!secure && !OPEN_TAGS.has(name.toLowerCase())) return this.#upTo(all, at, at + 1);
    this.#once = false;
    if (slash) this.#close(name.toLowerCase());
    else this.#begin(name.toLowerCase(), rest);
    return length;
  }

  /** @param {string} all @param {number} at */
  #entity(all, at) {
    const end = all.slice(at, at + ENTITY_MAX).indexOf(';');
    if (end < 0 && all.length - at < ENTITY_MAX && /^&#?\w*$/.test(all.slice(at))) return 0;
    const name = end < 0 ? '' : all.slice(at + 1, at + end);
    const text = Object.hasOwn(ENTITIES, name.toLowerCase()) ? ENTITIES[name.toLowerCase()] : numeric(name);
    if (text === undefined) return this.#upTo(all, at, at + 1);
    this.#once = false;
    this.#show(text);
    return end + 1;
  }

  /** @param {string} name @param {string} rest */
  #begin(name, rest) {
    if (name === 'br') return this.#next.newline();
    const change = effect(name, attributes(rest));
    if (!change || this.#open.length >= OPEN_MAX) return;
    this.#open.push({ name, change });
  }

  /** @param {string} name */
  #close(name) {
    const at = this.#open.findLastIndex((open) => open.name === name);
    if (at >= 0) this.#open.splice(at);
  }

  /** @param {string} text */
  #show(text) {
    this.#next.text(text, this.#open.reduce((now, { change }) => change(now), this.#style));
  }
}

/** How long a tag is; `>` in quotes does not end it. 0: it has no end yet.
 * @param {string} all @param {number} at */
function tagLength(all, at) {
  let quote = '';
  for (let i = at + 1; i < all.length && i - at <= TAG_MAX; i += 1) {
    const c = all[i] ?? '';
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === '>') return i - at + 1;
  }
  return 0;
}

/** @param {string} rest @returns {{named: Record<string, string>, plain: string[]}} */
function attributes(rest) {
  /** @type {Record<string, string>} */
  const named = {};
  /** @type {string[]} */
  const plain = [];
  for (const [, name, a, b, c] of rest.matchAll(/(?:([\w-]+)=)?(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g)) {
    const value = decoded(a ?? b ?? c ?? '');
    if (name) named[name.toLowerCase()] = value;
    else plain.push(value);
  }
  return { named, plain };
}

/** @param {string} text */
function decoded(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name.toLowerCase()] ?? numeric(name) ?? whole);
}

/** @param {string} name */
function numeric(name) {
  const code = /^#\d{1,7}$/.test(name) ? Number(name.slice(1)) : 0;
  return code >= 32 && code <= 0x10ffff && !(code >= 0x7f && code < 0xa0) ? String.fromCodePoint(code) : undefined;
}

/**
 * What a tag makes of a style.
 * @param {string} name @param {{named: Record<string, string>, plain: string[]}} given
 * @returns {((style: Style) => Style) | null}
 */
function effect(name, { named, plain }) {
  const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
  if (attribute) return (style) => switched(style, attribute, true);
  if (COLOURED.has(name)) {
    const fore = colour(named['fore'] ?? named['color'] ?? (name === 'font' ? plain[2] : plain[0]));
    const back = colour(named['back'] ?? (name === 'font' ? plain[3] : plain[1]));
    return (style) => changed(style, { ...(fore !== null && { fg: fore }), ...(back !== null && { bg: back }) });
  }
  if (name === 'send') {
    const command = (named['href'] ?? plain[0] ?? '').split('|')[0] ?? '';
    return (style) => changed(style, { command: command.includes('&') ? '' : command });
  }
  const url = name === 'a' ? named['href'] ?? plain[0] ?? '' : '';
  return /^https?:\/\/\S+$/i.test(url) ? (style) => changed(style, { url }) : null;
}

/** @param {string | undefined} text */
function colour(text) {
  const name = (text ?? '').toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(name)) return name;
  return Object.hasOwn(COLOUR_NAMES, name) ? COLOUR_NAMES[name] ?? null : null;
}
