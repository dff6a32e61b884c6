// The text on the page. Lines stand in chunks that the browser need not lay out while they are out of
// sight, so that many thousands cost little; the oldest chunk goes when there are too many.
//
// The page follows the text only while its end is in sight; who reads further up is told by a button
// how much came meanwhile.

import { draw } from './draw.js';
import { textOf } from './scrollback.js';

/** @typedef {import('./terminal.js').Line} Line */
/** @typedef {import('./terminal.js').Piece} Piece */

const CHUNK_LINES = 100;
/** How near to the end counts as being there. */
const NEAR_PX = 30;
/** How far the browser moves a text by itself when it rounds heights. */
const ROUNDED_PX = 2;

export class Screen {
  #log;
  #scroller;
  #more;
  #max;
  /** @type {HTMLElement | null} */
  #chunk = null;
  /** @type {HTMLElement | null} */
  #open = null;
  #openText = '';
  #lines = 0;
  #unseen = 0;
  #following = false;
  #top = 0;
  #height = 0;
  #frame = 0;

  /**
   * @param {{log: HTMLElement, scroller: HTMLElement, more: HTMLElement}} elements
   * @param {number} max how many lines stay
   */
  constructor({ log, scroller, more }, max) {
    this.#log = log;
    this.#scroller = scroller;
    this.#more = more;
    this.#max = max;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    more.addEventListener('click', () => this.follow());
    // Also when lines that were only guessed to be so high come into sight.
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(scroller);
    observer.observe(log);
    this.#stay(true);
  }

  /** @param {number} max */
  limit(max) {
    this.#max = max;
    this.#dropOldest();
  }

  /** The open line goes on, or is written anew. @param {Piece[]} pieces @param {boolean} anew */
  write(pieces, anew) {
    const open = this.#openLine();
    if (anew) this.#wipe(open);
    open.append(draw(pieces, false));
    this.#openText += textOf({ kind: 'game', pieces });
    this.#keepUp();
  }

  /** A line is whole. @param {Line} line */
  end(line) {
    const open = this.#openLine();
    const text = textOf(line);
    const goesOn = text.startsWith(this.#openText) && !(this.#openText !== '' && text.includes('://'));
    if (!goesOn) this.#wipe(open);
    open.append(draw(goesOn ? after(line.pieces, this.#openText.length) : line.pieces, true));
    if (line.kind === 'note') open.classList.add('note');
    this.#open = null;
    this.#openText = '';
    this.#count();
  }

  /** Shows the end, and stays there. */
  follow() {
    this.#stay(true);
    this.#unseen = 0;
    this.#showMore();
    this.#keepUp();
  }

  /** @param {number} pages */
  scrollBy(pages) {
    this.#scroller.scrollBy({ top: pages * this.#scroller.clientHeight * 0.9 });
  }

  /** @param {HTMLElement} open */
  #wipe(open) {
    open.replaceChildren();
    this.#openText = '';
  }

  #openLine() {
    if (this.#open) return this.#open;
    this.#open = document.createElement('div');
    this.#open.className = 'line';
    this.#openChunk().append(this.#open);
    return this.#open;
  }

  #openChunk() {
    if (this.#chunk && this.#chunk.childElementCount < CHUNK_LINES) return this.#chunk;
    this.#chunk = document.createElement('div');
    this.#chunk.className = 'chunk';
    this.#log.append(this.#chunk);
    return this.#chunk;
  }

  #count() {
    this.#lines += 1;
    this.#dropOldest();
    if (!this.#following) {
      this.#unseen += 1;
      this.#showMore();
    }
    this.#keepUp();
  }

  #dropOldest() {
    while (this.#lines > this.#max + CHUNK_LINES && this.#log.firstElementChild !== this.#chunk) {
      this.#lines -= this.#log.firstElementChild?.childElementCount ?? 0;
      this.#log.firstElementChild?.remove();
    }
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Only who scrolls up leaves the end; the end itself moves on by new lines.
    this.#stay(near || (this.#following && scrollTop >= this.#top - ROUNDED_PX));
    this.#top = this.#following && !near ? Math.max(this.#top, scrollTop) : scrollTop;
    if (this.#following && this.#unseen > 0) {
      this.#unseen = 0;
      this.#showMore();
    }
  }

  /** Whether the page stays at the end. There the browser must not keep what is in sight in its place:
   * that would look like a player who scrolls up. @param {boolean} following */
  #stay(following) {
    if (following !== this.#following) this.#scroller.style.overflowAnchor = following ? 'none' : 'auto';
    this.#following = following;
  }

  #resized() {
    const { offsetHeight } = this.#log;
    // A page at the end of a text that becomes shorter is moved, and not by the player.
    if (offsetHeight < this.#height) this.#top = Math.min(this.#top, this.#scroller.scrollTop);
    this.#height = offsetHeight;
    this.#keepUp();
  }

  /** Once a frame at most: to ask for the height costs a layout. */
  #keepUp() {
    if (!this.#following || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.#following) return;
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      this.#top = this.#scroller.scrollTop;
    });
  }

  #showMore() {
    this.#more.hidden = this.#unseen === 0;
    this.#more.textContent = this.#unseen === 1 ? '1 new line ↓' : `${this.#unseen} new lines ↓`;
  }
}

/** What follows so many characters. @param {Piece[]} pieces @param {number} length */
function after(pieces, length) {
  const rest = [];
  let skip = length;
  for (const { text, style } of pieces) {
    if (skip < text.length) rest.push({ text: text.slice(skip), style });
    skip = Math.max(0, skip - text.length);
  }
  return rest;
}
