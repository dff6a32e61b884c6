// From the text of the game to lines: escape sequences, then sound triggers, then tags, then the line
// that is being written. A line is a list of pieces, each in one style.

import { Ansi } from './ansi.js';
import { Msp } from './msp.js';
import { Mxp } from './mxp.js';
import { fromShortForm, PLAIN, shortForm } from './style.js';

/** @typedef {import('./style.js').Style} Style */
/** @typedef {{text: string, style: Style}} Piece */
/** @typedef {{kind: 'game' | 'note', pieces: Piece[]}} Line */
/**
 * @typedef {object} Screen
 * @property {(pieces: Piece[], anew: boolean) => void} write to the end of the open line, or in place
 *   of what stands in it
 * @property {(line: Line) => void} end the open line is whole; this is all of it
 */

/** A line without an end is ended here. */
const LINE_CHARS_MAX = 16 * 1024;

export class Terminal {
  #screen;
  #ansi;
  #msp;
  #mxp;
  /** @type {Piece[]} */
  #line = [];
  #length = 0;
  /** Pieces that the screen has not been told of. @type {Piece[]} */
  #fresh = [];
  #anew = false;
  #returned = false;

  /**
   * @param {Screen} screen
   * @param {{bell: () => void, trigger: (trigger: import('./msp.js').Trigger) => void}} heard
   */
  constructor(screen, { bell, trigger }) {
    this.#screen = screen;
    this.#mxp = new Mxp({ text: (text, style) => this.#write(text, style), newline: () => this.#newline() });
    this.#msp = new Msp(this.#mxp, trigger);
    this.#ansi = new Ansi({
      text: (text, style) => this.#msp.text(text, style),
      newline: () => this.#msp.newline(),
      carriageReturn: () => this.#return(),
      backspace: () => this.#backspace(),
      bell,
      mxpMode: (mode) => this.#mxp.mode(mode),
    });
  }

  /** Whether all that came is in lines, so that they may be stored with the place that they go to. */
  get whole() {
    return this.#ansi.whole && this.#msp.whole && this.#mxp.whole && !this.#returned;
  }

  /** The line that has no end yet. @returns {Line} */
  get open() {
    return { kind: 'game', pieces: this.#line };
  }

  /** What is not in the lines, but would be missed after a reload. */
  get memory() {
    return { style: shortForm(this.#ansi.style), mxp: this.#mxp.lasting };
  }

  /** Goes on where a page before this one was. @param {Line} open @param {any} memory */
  restore(open, memory) {
    for (const { text, style } of open.pieces) this.#write(text, style);
    this.#ansi.style = fromShortForm(String(memory?.style ?? ''));
    const mode = ['open', 'secure'].indexOf(memory?.mxp);
    if (mode >= 0) this.#mxp.mode(5 + mode);
    this.#show();
  }

  /** @param {string} text */
  feed(text) {
    this.#ansi.feed(text);
    this.#show();
  }

  /** The game waits for an answer: nothing that could still become something else is kept back. */
  prompt() {
    this.#msp.flush();
    this.#mxp.flush();
    this.#show();
  }

  /** Colours are off: output is missing before what comes. */
  reset() {
    this.prompt();
    this.#ansi.style = PLAIN;
    this.#mxp.mode(3);
  }

  /** What the player typed stands after the prompt. @param {string} text @param {Style} style */
  typed(text, style) {
    this.prompt();
    if (text !== '') this.#write(text, style);
    this.#newline();
  }

  /** Ends the open line if there is anything in it. */
  freshLine() {
    this.prompt();
    if (this.#line.length > 0) this.#newline();
  }

  /** @param {string} text @param {Style} style */
  #write(text, style) {
    if (this.#returned && this.#line.length > 0) this.#erase();
    this.#returned = false;
    let rest = text;
    for (let room = this.#room; rest.length > room; room = this.#room) {
      this.#append({ text: rest.slice(0, room), style });
      rest = rest.slice(room);
      this.#newline();
    }
    this.#append({ text: rest, style });
  }

  get #room() {
    return LINE_CHARS_MAX - this.#length;
  }

  /** @param {Piece} piece */
  #append(piece) {
    this.#line.push(piece);
    this.#fresh.push(piece);
    this.#length += piece.text.length;
  }

  #newline() {
    this.#screen.end({ kind: 'game', pieces: joined(this.#line) });
    this.#line = [];
    this.#fresh = [];
    this.#length = 0;
    this.#anew = this.#returned = false;
  }

  /** Text that follows a lone CR takes the place of what stands there. */
  #return() {
    this.#msp.flush();
    this.#mxp.flush();
    this.#returned = this.#line.length > 0;
  }

  #erase() {
    this.#line = [];
    this.#fresh = [];
    this.#length = 0;
    this.#anew = true;
  }

  #backspace() {
    this.prompt();
    const line = joined(this.#line);
    const last = line.pop();
    const rest = last ? [...last.text].slice(0, -1).join('') : '';
    this.#erase();
    const pieces = last && rest !== '' ? [...line, { text: rest, style: last.style }] : line;
    pieces.forEach(({ text, style }) => this.#write(text, style));
  }

  #show() {
    if (this.#fresh.length > 0 || this.#anew) this.#screen.write(joined(this.#fresh), this.#anew);
    this.#fresh = [];
    this.#anew = false;
  }
}

/** Neighbours in one style are one piece. @param {Piece[]} pieces */
export function joined(pieces) {
  /** @type {Piece[]} */
  const all = [];
  for (const { text, style } of pieces) {
    const last = all.at(-1);
    if (last && sameStyle(last.style, style)) last.text += text;
    else all.push({ text, style });
  }
  return all;
}

/** @param {Style} a @param {Style} b */
function sameStyle(a, b) {
  if (a === b) return true;
  return a.fg === b.fg && a.bg === b.bg && a.on === b.on && a.url === b.url && a.command === b.command;
}
