// What the game reports of the character, as gauges with their numbers. They are no live region: the
// numbers are read when a key asks for them.

import { element } from './page.js';
import { Vitals } from './vitals.js';

export class Gauges {
  #vitals = new Vitals();
  #place = element('gauges', HTMLElement);
  /** @type {Map<string, {meter: HTMLMeterElement, words: HTMLElement}>} */
  #shown = new Map();

  /** @param {string} name @param {any} data */
  hear(name, data) {
    if (this.#vitals.hear(name, data)) this.#show();
  }

  /** All of it in words. */
  get words() {
    return this.#vitals.words || 'The game reports no numbers.';
  }

  get memory() {
    return this.#vitals.memory;
  }

  /** The game does not say again what a page before this one was told. @param {any} memory */
  restore(memory) {
    this.#vitals.restore(memory);
    this.#show();
  }

  clear() {
    this.#vitals.clear();
    this.#shown.clear();
    this.#place.replaceChildren();
    this.#place.hidden = true;
  }

  #show() {
    for (const vital of this.#vitals.list) {
      const { meter, words } = this.#shown.get(vital.name) ?? this.#make(vital.name, vital.label);
      meter.max = vital.max;
      meter.low = vital.max * 0.25;
      meter.optimum = vital.max;
      meter.value = vital.value;
      words.textContent = `${vital.label} ${vital.value}/${vital.max}`;
    }
    this.#place.hidden = this.#shown.size === 0;
  }

  /** @param {string} name @param {string} label */
  #make(name, label) {
    const gauge = document.createElement('div');
    gauge.className = 'gauge';
    const meter = document.createElement('meter');
    meter.dataset['vital'] = name;
    meter.setAttribute('aria-label', label);
    const words = document.createElement('span');
    gauge.append(words, meter);
    this.#place.append(gauge);
    const made = { meter, words };
    this.#shown.set(name, made);
    return made;
  }
}
