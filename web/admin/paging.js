// Which part of a long list is shown. The API gives a page and where the next one begins.

import { count } from './words.js';

export class Paging {
  /** Where each page that was come to begins; the first one has no beginning. @type {(string | null)[]} */
  #begins = [null];
  /** @type {string | null} */
  #next = null;
  #total = 0;
  #shown = 0;

  /** @param {number} size */
  constructor(size) {
    this.size = size;
  }

  get after() {
    return this.#begins[this.#begins.length - 1] ?? null;
  }

  get hasNext() {
    return this.#next !== null;
  }

  get hasPrevious() {
    return this.#begins.length > 1;
  }

  /** There is more than is shown. */
  get isPart() {
    return this.hasNext || this.hasPrevious;
  }

  /** What has come. @param {number} shown @param {number} total @param {string | null} next */
  came(shown, total, next) {
    this.#shown = shown;
    this.#total = total;
    this.#next = next ?? null;
  }

  next() {
    if (this.#next !== null) this.#begins.push(this.#next);
  }

  previous() {
    if (this.hasPrevious) this.#begins.pop();
  }

  first() {
    this.#begins = [null];
    this.#next = null;
  }

  get words() {
    if (!this.isPart) return count(this.#total);
    // Those before may have gone meanwhile: which page it is, is known; which numbers they have, is not.
    return `${count(this.#shown)} of ${count(this.#total)}, page ${count(this.#begins.length)}`;
  }
}
