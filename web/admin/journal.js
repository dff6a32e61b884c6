// The stream of events on the page: the newest first, so many and no more, of the types that are chosen.

import { details, GROUPS, label, tone } from './event-words.js';
import { button, make, setText } from './page.js';
import { Ring } from './ring.js';
import { Stream } from './stream.js';
import { clock, count, counted } from './words.js';

export const EVENTS_MAX = 500;
/** The states of a connection are left out unless they are asked for: nearly all of them are told otherwise too. */
const USUAL = Object.values(GROUPS).flat().filter((type) => type !== 'connection_state').join();

export class Journal {
  #stream;
  #heard;
  #events = /** @type {Ring<any>} */ (new Ring(EVENTS_MAX));
  #list = make('ol', { class: 'events' });
  #types = types();
  #pause = button('Pause', () => this.#switch(), { class: 'quiet small', 'aria-pressed': 'false' });
  #status = make('p', { class: 'status' });
  #trouble = make('p', { class: 'trouble', role: 'status' });
  #paused = false;
  /** Those that have come during the pause. */
  #waiting = 0;
  #lost = 0;
  element;

  /** @param {import('./api.js').Api} api @param {(event: any) => void} heard */
  constructor(api, heard) {
    this.#heard = heard;
    this.#stream = new Stream(api, {
      event: (event) => this.#take(event),
      lost: (lost) => this.#take({ lost }),
      state: (_, words) => setText(this.#trouble, words),
    }, { setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (timer) => clearTimeout(timer) });
    this.#types.addEventListener('change', () => this.start());
    const list = make('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Events, the newest first' }, this.#list);
    this.element = make('section', { id: 'events', class: 'list', 'aria-labelledby': 'events-title' },
      make('div', { class: 'heading' }, make('h2', { id: 'events-title', tabindex: -1 }, 'Events'), this.#status),
      make('div', { class: 'tools' }, make('label', { class: 'choice' }, make('span', { class: 'unseen' }, 'Types of events'), this.#types), this.#pause),
      this.#trouble, list);
  }

  start() {
    this.#events.clear();
    this.#list.replaceChildren();
    this.#lost = 0;
    this.#waiting = 0;
    this.#stream.start(this.#types.value);
    this.#show();
  }

  stop() {
    this.#stream.stop();
  }

  /** @param {any} event */
  #take(event) {
    this.#events.push(event);
    this.#lost += event.lost ?? 0;
    if (this.#paused) this.#waiting += 1;
    else this.#add(event);
    this.#show();
    if (event.type) this.#heard(event);
  }

  /** @param {any} event */
  #add(event) {
    this.#list.prepend(entry(event));
    if (this.#list.children.length > EVENTS_MAX) this.#list.lastElementChild?.remove();
  }

  #switch() {
    this.#paused = !this.#paused;
    if (!this.#paused) {
      this.#events.items.slice(this.#events.items.length - Math.min(this.#waiting, EVENTS_MAX)).forEach((event) => this.#add(event));
      this.#waiting = 0;
    }
    this.#pause.setAttribute('aria-pressed', String(this.#paused));
    this.#show();
  }

  #show() {
    const lost = this.#lost ? `, ${count(this.#lost)} lost` : '';
    const waiting = this.#paused ? `, paused: ${count(this.#waiting)} new` : '';
    setText(this.#status, counted(this.#list.children.length, 'event', 'events') + lost + waiting);
  }
}

/** @param {any} event */
function entry(event) {
  if (!event.type) return make('li', { class: 'lost' }, `${counted(event.lost, 'event is', 'events are')} not known here any more`);
  const where = [event.transport, event.address].filter(Boolean).join(' ');
  return make('li', {},
    make('time', { datetime: event.time ?? '' }, clock(event.time ?? '')), ' ',
    make('div', {}, make('b', { 'data-tone': tone(event.type) }, label(event.type)), ' ',
      ...(event.user ? [make('span', { class: 'user' }, event.user), ' '] : []),
      make('span', { class: 'more' }, [where, details(event)].filter(Boolean).join(' · '))));
}

function types() {
  const one = (/** @type {string} */ value, /** @type {string} */ words) => make('option', { value }, words);
  const groups = Object.entries(GROUPS);
  return make('select', { name: 'types' }, one(USUAL, 'Usual events'), one('', 'All events'), ...groups.map(([name, all]) => one(all.join(), name)),
    ...groups.map(([name, all]) => make('optgroup', { label: `Only of ${name.toLowerCase()}` }, ...all.map((type) => one(type, label(type))))));
}
