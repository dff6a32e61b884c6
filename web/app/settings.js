// What the player has chosen, kept by the browser. Each setting has a default that says its type;
// what is stored in another type, or out of bounds, is not believed.

import { read, write } from '../mudkeep/keys.js';

const NAME = 'mudkeep:settings';

export const DEFAULTS = Object.freeze({
  theme: 'system',
  contrast: false,
  font: 'mono',
  fontSize: 16,
  wrap: true,
  scrollback: 5000,
  localEcho: true,
  announce: 'all',
  screenReader: false,
  keepAwake: false,
  sound: false,
  volume: 50,
  bell: 'off',
  numpad: false,
  aliases: '',
  macros: /** @type {Record<string, string>} */ ({}),
});

/** @typedef {{-readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] extends boolean ? boolean
 *  : (typeof DEFAULTS)[K] extends number ? number : (typeof DEFAULTS)[K] extends string ? string
 *  : Record<string, string>}} Choices */

/** @type {Record<string, string[]>} */
const ONE_OF = {
  theme: ['system', 'dark', 'light'], font: ['mono', 'narrow', 'sans', 'serif'],
  announce: ['all', 'prompts', 'nothing'], bell: ['off', 'sound', 'notify'],
};
/** @type {Record<string, [number, number]>} */
const WITHIN = { fontSize: [10, 40], scrollback: [500, 50_000], volume: [0, 100] };

export class Settings extends EventTarget {
  #storage;
  /** @type {Choices} */
  #choices;

  /** @param {Storage | undefined} storage @param {Partial<Choices>} [fitting] what fits this device */
  constructor(storage, fitting = {}) {
    super();
    this.#storage = storage;
    this.#choices = sound({ ...fitting, ...read(storage, NAME) });
  }

  get all() {
    return this.#choices;
  }

  /** @param {Partial<Choices>} some */
  change(some) {
    this.#choices = sound({ ...this.#choices, ...some });
    write(this.#storage, NAME, this.#choices);
    this.dispatchEvent(new Event('change'));
  }
}

/** @param {any} stored @returns {Choices} */
function sound(stored) {
  /** @type {any} */
  const choices = {};
  for (const [name, otherwise] of Object.entries(DEFAULTS)) {
    choices[name] = believed(name, stored?.[name], otherwise);
  }
  return choices;
}

/** @param {string} name @param {any} value @param {any} otherwise */
function believed(name, value, otherwise) {
  if (typeof value !== typeof otherwise || value === null) return otherwise;
  if (ONE_OF[name]) return ONE_OF[name].includes(value) ? value : otherwise;
  if (name === 'macros') return strings(value);
  const bounds = WITHIN[name];
  if (!bounds) return value;
  return Number.isFinite(value) ? Math.min(bounds[1], Math.max(bounds[0], Math.round(value))) : otherwise;
}

/** @param {object} value */
function strings(value) {
  return Object.fromEntries(Object.entries(value).filter(([key, text]) => /^F\d{1,2}$/.test(key) && typeof text === 'string'));
}
