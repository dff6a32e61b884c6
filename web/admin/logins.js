// Who played from where lately: asked for when somebody wants to see it.

import { element, make } from './page.js';
import { moment } from './words.js';

const LOGINS_MAX = 20;

export class Logins {
  #api;
  #place = element('details-logins', HTMLDetailsElement);
  #list = element('details-logins-list', HTMLElement);
  /** @type {import('./api.js').Query} */
  #of = {};

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.#api = api;
    this.#place.ontoggle = () => { if (this.#place.open) void this.#look(); };
  }

  /** Of a user, or of an address that nobody has a name at. @param {{user: string | null, address: string | null}} whom */
  of({ user, address }) {
    this.#of = user ? { user } : { address };
    this.#place.hidden = !user && !address;
    this.#place.open = false;
    this.#list.replaceChildren();
  }

  async #look() {
    const of = this.#of;
    let entries;
    try {
      const { logins, complete } = await this.#api.get(['last'], { ...of, limit: LOGINS_MAX });
      entries = [...logins.map(entry), ...(complete && logins.length < LOGINS_MAX ? [] : [make('li', { class: 'older' }, 'There may be older ones.')])];
      if (logins.length === 0 && complete) entries = [make('li', { class: 'older' }, 'None are known.')];
    } catch (error) {
      entries = [make('li', { class: 'lost' }, /** @type {Error} */ (error).message)];
    }
    if (of === this.#of) this.#list.replaceChildren(...entries);
  }
}

/** @param {any} login */
function entry({ time, user, address, transport, how }) {
  return make('li', {}, make('time', { datetime: time }, moment(time)), ' ',
    make('div', {}, make('span', { class: 'user' }, user ?? ''), ' ', make('span', { class: 'more' }, [address, transport, how].filter(Boolean).join(' · '))));
}
