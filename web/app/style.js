// How text looks, as SGR says it (ECMA-48 8.3.117, with the colours of xterm): a plain object that is
// never changed, and its short form, with which a line is stored.

/**
 * A colour is a number from 0 to 255, or `#rrggbb`.
 * @typedef {number | string | null} Colour
 */
/**
 * @typedef {object} Style
 * @property {Colour} fg
 * @property {Colour} bg
 * @property {string} on the attributes that are on, of `bdiusvk` in this order
 * @property {string | null} url where a link leads
 * @property {string | null} command what a link of the game types; empty: what it is written on
 */

/** @type {Style} */
export const PLAIN = Object.freeze({ fg: null, bg: null, on: '', url: null, command: null });

/** Bold, dim, italic, underline, strike, inverse; `k` is what the player typed. */
const ORDER = 'bdiusvk';
/** @type {Record<number, string>} */
const SWITCH_ON = { 1: 'b', 2: 'd', 3: 'i', 4: 'u', 7: 'v', 9: 's', 21: 'u' };
/** @type {Record<number, string>} */
const SWITCH_OFF = { 22: 'bd', 23: 'i', 24: 'u', 27: 'v', 29: 's' };

/** @param {Style} style @param {Partial<Style>} change @returns {Style} */
export function changed(style, change) {
  return Object.freeze({ ...style, ...change });
}

/** @param {Style} style @param {string} attributes @param {boolean} on */
export function switched(style, attributes, on) {
  const is = (/** @type {string} */ a) => attributes.includes(a) ? on : style.on.includes(a);
  return changed(style, { on: [...ORDER].filter(is).join('') });
}

/** What the parameters of an SGR sequence make of a style. @param {Style} style @param {string} text */
export function applySgr(style, text) {
  const parameters = text === '' ? ['0'] : text.split(';');
  let now = style;
  for (let i = 0; i < parameters.length; i += 1) {
    const parts = (parameters[i] || '0').split(':');
    const code = Number(parts[0]);
    if (code === 38 || code === 48) {
      const rest = parts.length > 1 ? colonColour(parts) : semicolonColour(parameters, i);
      if (parts.length === 1) i += rest.used;
      if (rest.colour !== undefined) now = changed(now, { [code === 38 ? 'fg' : 'bg']: rest.colour });
    } else if (code === 4 && parts[1] === '0') {
      now = switched(now, 'u', false);
    } else {
      now = simple(now, code);
    }
  }
  return now;
}

/** @param {Style} style @param {number} code */
function simple(style, code) {
  if (code === 0) return changed(PLAIN, { url: style.url, command: style.command });
  if (SWITCH_ON[code]) return switched(style, SWITCH_ON[code], true);
  if (SWITCH_OFF[code]) return switched(style, SWITCH_OFF[code], false);
  if (code === 39) return changed(style, { fg: null });
  if (code === 49) return changed(style, { bg: null });
  if (code >= 30 && code <= 37) return changed(style, { fg: code - 30 });
  if (code >= 40 && code <= 47) return changed(style, { bg: code - 40 });
  if (code >= 90 && code <= 97) return changed(style, { fg: code - 82 });
  if (code >= 100 && code <= 107) return changed(style, { bg: code - 92 });
  return style;
}

/** `38;5;n` and `38;2;r;g;b`. @param {string[]} all @param {number} at */
function semicolonColour(all, at) {
  if (all[at + 1] === '5') return { used: 2, colour: indexed(all[at + 2]) };
  if (all[at + 1] === '2') return { used: 4, colour: mixed(all.slice(at + 2, at + 5)) };
  return { used: 0, colour: undefined };
}

/** `38:5:n`, `38:2:r:g:b` and `38:2::r:g:b`. @param {string[]} parts */
function colonColour(parts) {
  const colour = parts[1] === '5' ? indexed(parts[2]) : parts[1] === '2' ? mixed(parts.slice(-3)) : undefined;
  return { used: 0, colour };
}

/** @param {string | undefined} text */
function indexed(text) {
  const index = Number(text);
  return text !== undefined && Number.isInteger(index) && index >= 0 && index <= 255 ? index : undefined;
}

/** @param {string[]} parts */
function mixed(parts) {
  const values = parts.map((part) => Number(part || 0));
  const good = values.length === 3 && values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
  return good ? `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}` : undefined;
}

/** The colour of an index from 16 on: a cube of 6 x 6 x 6, then a ramp of greys. @param {number} index */
export function cube(index) {
  const hex = (/** @type {number} */ value) => value.toString(16).padStart(2, '0');
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const level = (/** @type {number} */ step) => (step === 0 ? 0 : 55 + step * 40);
  const at = index - 16;
  return `#${[Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((step) => hex(level(step))).join('')}`;
}

/** The short form, without links. @param {Style} style */
export function shortForm({ fg, bg, on }) {
  return fg === null && bg === null ? on : `${on},${fg ?? ''},${bg ?? ''}`;
}

/** @param {string} text @returns {Style} */
export function fromShortForm(text) {
  const [on = '', fg = '', bg = ''] = text.split(',');
  return switched(changed(PLAIN, { fg: colour(fg), bg: colour(bg) }), on, true);
}

/** @param {string} text @returns {Colour} */
function colour(text) {
  if (/^#[0-9a-f]{6}$/.test(text)) return text;
  return text === '' ? null : indexed(text) ?? null;
}
