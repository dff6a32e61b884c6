// How it goes: the numbers of now, and the plots of the last minutes.

import { Chart } from './chart.js';
import { make, setText } from './page.js';
import { Ring } from './ring.js';
import { latency, sample } from './samples.js';
import { span } from './scale.js';
import { bytes, count, rate, roundTrip } from './words.js';

export const EVERY_MS = 2000;
/** Those of 15 minutes. */
const SAMPLES_MAX = (15 * 60_000) / EVERY_MS;
/** A sample that was late twice over leaves no hole; a page that nobody looked at does. */
const GAP_MS = 3.5 * EVERY_MS;
/** The round trips are asked for with each so-and-so-manieth sample: they come with all connections. */
const LATENCY_EVERY = 3;
const CONNECTIONS_MAX = 1000;

/** @typedef {import('./samples.js').Sample} Sample */

/** @type {[string, (health: any) => string][]} */
const NUMBERS = [
  ['Connections', (health) => count(health.active_connections)],
  ['Users', (health) => count(health.users_with_connections)],
  ['Sessions', (health) => count(health.sessions)],
  ['Memory', (health) => bytes(health.memory_bytes)],
  ['History', (health) => bytes(health.history_bytes)],
];

const perSecond = (/** @type {(value: number) => string} */ words) => (/** @type {number} */ value) => `${words(value)}/s`;

/** @type {import('./chart.js').Kind[]} */
const CHARTS = [
  { title: 'Connections', words: count, lines: [{ label: '', value: (one) => one.connections }] },
  { title: 'Lines', words: perSecond(rate), lines: [{ label: 'out', value: (one) => one.linesOut }, { label: 'in', value: (one) => one.linesIn }] },
  { title: 'Bytes out', words: perSecond(bytes), binary: true, lines: [{ label: '', value: (one) => one.bytesOut }] },
  { title: 'Latency', words: roundTrip, lines: [{ label: 'median', value: (one) => one.latencyMedian }, { label: 'max', value: (one) => one.latencyMost }] },
  { title: 'History memory', words: bytes, binary: true, lines: [{ label: '', value: (one) => one.history }] },
];

export class Overview {
  #api;
  #heard;
  #samples = /** @type {Ring<Sample>} */ (new Ring(SAMPLES_MAX));
  #asked = 0;
  /** @type {{median: number, most: number} | null} */
  #latency = null;
  #numbers = NUMBERS.map(() => make('dd', {}, '–'));
  #charts = CHARTS.map((kind) => new Chart(kind, GAP_MS));
  element;

  /** @param {import('./api.js').Api} api @param {(health: any) => void} heard */
  constructor(api, heard) {
    this.#api = api;
    this.#heard = heard;
    const numbers = NUMBERS.map(([name], n) => make('div', {}, make('dt', {}, name), this.#numbers[n]));
    this.element = make('section', { id: 'overview', 'aria-labelledby': 'overview-title' },
      make('h2', { id: 'overview-title', class: 'unseen' }, 'Overview'),
      make('dl', { class: 'numbers' }, ...numbers),
      make('div', { class: 'plots' }, ...this.#charts.map((chart) => chart.element)));
  }

  async look() {
    const [health, stats] = await Promise.all([this.#api.get(['health']), this.#api.get(['stats'])]);
    if (this.#asked % LATENCY_EVERY === 0) {
      const { connections } = await this.#api.get(['connections'], { limit: CONNECTIONS_MAX });
      this.#latency = latency(connections);
    }
    this.#asked += 1;
    const now = Date.now();
    this.#samples.push(sample(now, health, stats, this.#latency, this.#samples.items.at(-1)));
    NUMBERS.forEach(([, words], n) => setText(this.#numbers[n], words(health)));
    const shown = span(this.#samples.items[0]?.at ?? now, now);
    this.#charts.forEach((chart) => chart.show(this.#samples.items, now, shown));
    this.#heard(health);
  }
}
