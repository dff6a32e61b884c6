// Makes elements of lines. Game text only ever becomes text nodes.

import { cube } from './style.js';

/** @typedef {import('./terminal.js').Piece} Piece */
/** @typedef {import('./style.js').Style} Style */
/** @typedef {import('./style.js').Colour} Colour */

const URL_TEXT = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/gi;
/** @type {Record<string, string>} */
const CLASSES = { b: 'bold', d: 'dim', i: 'italic', u: 'underline', s: 'strike', k: 'typed' };

/** @param {Piece[]} pieces @param {boolean} whole whether the text goes on to the end of its line */
export function draw(pieces, whole) {
  const fragment = document.createDocumentFragment();
  for (const piece of pieces) fragment.append(drawPiece(piece, whole));
  return fragment;
}

/** @param {Piece} piece @param {boolean} whole */
function drawPiece({ text, style }, whole) {
  const content = whole && !style.url && style.command === null && text.includes('://') ? linked(text) : text;
  if (style.url) return link(style.url, text, paint(style));
  if (style.command !== null) return commandButton(style, text);
  const classes = paint(style);
  if (classes === null) return content instanceof Node ? content : document.createTextNode(content);
  const span = document.createElement('span');
  wear(span, classes);
  span.append(content);
  return span;
}

/** Addresses in a text become links. @param {string} text */
function linked(text) {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const { 0: url, index } of text.matchAll(URL_TEXT)) {
    fragment.append(text.slice(at, index), link(url, url, null));
    at = index + url.length;
  }
  fragment.append(text.slice(at));
  return fragment;
}

/** @param {string} url @param {string} text @param {Paint | null} look */
function link(url, text, look) {
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.target = '_blank';
  anchor.rel = 'noopener noreferrer';
  anchor.textContent = text;
  if (look) wear(anchor, look);
  return anchor;
}

/** A link of the game that types something. @param {Style} style @param {string} text */
function commandButton(style, text) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'command';
  button.dataset['command'] = style.command || text;
  button.title = style.command || text;
  button.textContent = text;
  const look = paint(style);
  if (look) wear(button, look);
  return button;
}

/** @typedef {{classes: string[], fg: string | null, bg: string | null}} Paint */

/** How a style is drawn; null where it is plain. @param {Style} style @returns {Paint | null} */
function paint({ fg, bg, on }) {
  if (on === '' && fg === null && bg === null) return null;
  const classes = [...on].flatMap((attribute) => CLASSES[attribute] ?? []);
  // Old games say bold where they mean bright.
  const bright = typeof fg === 'number' && fg < 8 && on.includes('b') ? fg + 8 : fg;
  if (on.includes('v') && bg === null) return inverse(classes, bright);
  const [front, back] = on.includes('v') ? [bg, bright ?? 15] : [bright, bg];
  const background = back === null ? [] : ['on', named('g', back)];
  return { classes: [...classes, ...(front === null ? [] : [named('f', front)]), ...background], fg: exact(front), bg: exact(back) };
}

/** The page's colour on that of the text. @param {string[]} classes @param {Colour} colour @returns {Paint} */
function inverse(classes, colour) {
  return { classes: [...classes, 'f-back', colour === null ? 'h-front' : named('h', colour)], fg: null, bg: exact(colour) };
}

/** The sixteen colours are the style sheet's, for each theme its own.
 * @param {string} prefix @param {number | string} colour */
function named(prefix, colour) {
  return typeof colour === 'number' && colour < 16 ? `${prefix}${colour}` : `${prefix}-exact`;
}

/** @param {Colour} colour */
function exact(colour) {
  return typeof colour === 'number' ? (colour < 16 ? null : cube(colour)) : colour;
}

/** @param {HTMLElement} element @param {Paint} look */
function wear(element, { classes, fg, bg }) {
  element.classList.add(...classes);
  if (fg) element.style.setProperty('--fg', fg);
  if (bg) element.style.setProperty('--bg', bg);
}
