// One plot: a name, the numbers of now or of where the pointer is, and lines over the last minutes.

import { drawing, make, setText } from './page.js';
import { nearest, newest, path, roundUp } from './scale.js';
import { clock, duration, NOTHING } from './words.js';

const WIDTH = 300;
const HEIGHT = 72;

/** @typedef {import('./samples.js').Sample} Sample */
/** @typedef {{label: string, value: (sample: Sample) => number | null}} Line */
/** @typedef {{title: string, lines: Line[], words: (value: number) => string, binary?: boolean}} Kind */

export class Chart {
  #kind;
  #gapMs;
  /** @type {readonly Sample[]} */
  #samples = [];
  #now = 0;
  #spanMs = 0;
  /** Where the pointer is, from 0 to 1. @type {number | null} */
  #pointed = null;
  #paths;
  #numbers;
  #time = make('span', { class: 'time' });
  #top = make('span', { class: 'top', 'aria-hidden': 'true' });
  #cross = drawing('line', { class: 'cross', y1: 0, y2: HEIGHT, 'vector-effect': 'non-scaling-stroke', visibility: 'hidden' });
  #picture;
  element;

  /** @param {Kind} kind @param {number} gapMs longer without a sample is a hole */
  constructor(kind, gapMs) {
    this.#kind = kind;
    this.#gapMs = gapMs;
    this.#paths = kind.lines.map((_, n) => drawing('path', { class: `line-${n}`, 'vector-effect': 'non-scaling-stroke' }));
    this.#numbers = kind.lines.map(() => make('b', {}, NOTHING));
    this.#picture = drawing('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      ...grid(), ...this.#paths, this.#cross);
    this.#picture.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => this.#point(event));
    this.#picture.addEventListener('pointerleave', () => this.#point(null));
    this.element = make('figure', {}, this.#caption(), make('div', { class: 'picture' }, this.#picture, this.#top, make('span', { class: 'bottom', 'aria-hidden': 'true' }, '0')));
  }

  /** @param {readonly Sample[]} samples @param {number} now @param {number} spanMs */
  show(samples, now, spanMs) {
    this.#samples = samples;
    this.#now = now;
    this.#spanMs = spanMs;
    this.#draw();
  }

  #caption() {
    const numbers = this.#kind.lines.map(({ label }, n) => make('span', { class: `number line-${n}` },
      this.#numbers[n] ?? '', ...(label ? [` ${label}`] : [])));
    return make('figcaption', {}, make('span', { class: 'name' }, this.#kind.title), this.#time, make('span', { class: 'values' }, ...numbers));
  }

  /** @param {PointerEvent | null} event */
  #point(event) {
    const box = this.#picture.getBoundingClientRect();
    this.#pointed = event ? (event.clientX - box.left) / box.width : null;
    this.#draw();
  }

  #draw() {
    const { lines, words, binary } = this.#kind;
    const from = this.#now - this.#spanMs;
    const all = lines.map(({ value }) => this.#samples.map((one) => ({ at: one.at, value: value(one) })));
    const highest = Math.max(0, ...all.flat().filter(({ at }) => at >= from).map(({ value }) => value ?? 0));
    const most = roundUp(highest, binary);
    const frame = { from, to: this.#now, most, width: WIDTH, height: HEIGHT, gapMs: this.#gapMs };
    all.forEach((points, n) => this.#paths[n]?.setAttribute('d', path(points, frame)));
    const at = this.#pointed === null ? null : nearest(this.#samples, from + this.#pointed * this.#spanMs);
    this.#mark(at, from);
    const values = lines.map(({ value }, n) => (at ? value(at) : newest(all[n] ?? [], this.#now - 15_000)));
    values.forEach((value, n) => setText(this.#numbers[n], value === null ? NOTHING : words(value)));
    setText(this.#top, words(most));
    const told = lines.map(({ label }, n) => `${label} ${this.#numbers[n]?.textContent ?? ''}`.trim()).join(', ');
    this.#picture.setAttribute('aria-label', `${this.#kind.title}: ${told}; at most ${words(highest)} in ${duration(this.#spanMs / 1000)}`);
  }

  /** @param {Sample | null | undefined} at @param {number} from */
  #mark(at, from) {
    const x = at ? ((at.at - from) / this.#spanMs) * WIDTH : 0;
    this.#cross.setAttribute('visibility', at ? 'visible' : 'hidden');
    this.#cross.setAttribute('x1', String(x));
    this.#cross.setAttribute('x2', String(x));
    setText(this.#time, at ? clock(new Date(at.at).toISOString()) : duration(this.#spanMs / 1000));
  }
}

/** A line at the bottom, one at the top, and one after each third. */
function grid() {
  const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) =>
    drawing('line', { class: 'grid', x1, y1, x2, y2, 'vector-effect': 'non-scaling-stroke' });
  return [line(0, HEIGHT, WIDTH, HEIGHT), line(0, 0, WIDTH, 0), line(WIDTH / 3, 0, WIDTH / 3, HEIGHT), line((WIDTH / 3) * 2, 0, (WIDTH / 3) * 2, HEIGHT)];
}
