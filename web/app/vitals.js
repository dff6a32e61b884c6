// The numbers of a character, out of what games report by GMCP. No two games name them alike: `hp` and
// `maxhp`, `hp` and `max_hp`, `Char.Vitals` and `Char.MaxStats`, numbers and strings, flat or nested.

/** @typedef {{name: string, label: string, value: number, max: number}} Vital */

const PACKAGES = new Set(['char.vitals', 'char.maxstats', 'char.status']);
/** @type {Record<string, string>} */
const SAME = { health: 'hp', hitpoints: 'hp', hits: 'hp', mana: 'mp', moves: 'mv', move: 'mv', movement: 'mv', stamina: 'st', spirit: 'sp', endurance: 'ep', willpower: 'wp' };
/** @type {Record<string, string>} */
const LABELS = { hp: 'Health', mp: 'Mana', mv: 'Moves', st: 'Stamina', sp: 'Spirit', ep: 'Endurance', wp: 'Willpower', xp: 'Experience' };
const VITALS_MAX = 8;
/** Names that a game may come with; what comes after these is not listened to. */
const NAMES_MAX = 100;

export class Vitals {
  /** @type {Map<string, number>} */
  #values = new Map();
  /** @type {Map<string, number>} */
  #maxima = new Map();

  /** Whether a message brought some. @param {string} name @param {any} data */
  hear(name, data) {
    if (!PACKAGES.has(name.toLowerCase()) || !data || typeof data !== 'object') return false;
    for (const [key, value] of Object.entries(data)) this.#take(key, value);
    return true;
  }

  /** What has a value and an end, in the order in which it came. @returns {Vital[]} */
  get list() {
    const all = [...this.#values].flatMap(([name, value]) => {
      const max = this.#maxima.get(name) ?? 0;
      return max > 0 ? [{ name, value, max, label: LABELS[name] ?? name.toUpperCase() }] : [];
    });
    return all.slice(0, VITALS_MAX);
  }

  /** All of it in words. */
  get words() {
    return this.list.map(({ label, value, max }) => `${label} ${value} of ${max}`).join(', ');
  }

  /** All of it as plain data. */
  get memory() {
    return [[...this.#values], [...this.#maxima]];
  }

  /** @param {any} memory of a page before this one */
  restore(memory) {
    const [values, maxima] = Array.isArray(memory) ? memory : [];
    for (const [name, value] of pairs(values)) this.#values.set(name, value);
    for (const [name, value] of pairs(maxima)) this.#maxima.set(name, value);
  }

  clear() {
    this.#values.clear();
    this.#maxima.clear();
  }

  /** @param {string} key @param {any} value @returns {void} */
  #take(key, value) {
    if (value && typeof value === 'object') {
      this.#take(key, value.current ?? value.cur ?? value.value);
      return this.#take(`max${key}`, value.max ?? value.maximum);
    }
    const amount = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()))
      ? Number(value) : NaN;
    if (!Number.isFinite(amount)) return;
    const plain = key.toLowerCase().replace(/[^a-z0-9]/g, '');
    const [, before, after] = /^max(?:imum)?(.+)$|^(.+?)max(?:imum)?$/.exec(plain) ?? [];
    const of = before ?? after;
    const map = of ? this.#maxima : this.#values;
    const name = of ?? plain;
    if (map.size < NAMES_MAX || map.has(name)) map.set(SAME[name] ?? name, amount);
  }
}

/** @param {any} list @returns {[string, number][]} */
function pairs(list) {
  const good = (/** @type {any} */ pair) => typeof pair?.[0] === 'string' && typeof pair[1] === 'number';
  return Array.isArray(list) ? list.filter(good).slice(0, NAMES_MAX) : [];
}
