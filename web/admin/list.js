// A list of the API as a part of the page: a filter, a table, and its pages.

import { parseFilter, matches } from './filter.js';
import { button, make, setText } from './page.js';
import { Paging } from './paging.js';
import { Table } from './table.js';
import { counted } from './words.js';

const PAGE_SIZE = 100;

/**
 * @typedef {object} Kind
 * @property {string} name of the list in the API, and of its part of the page
 * @property {string} title
 * @property {[string, string]} counted one of them, many of them
 * @property {boolean} [whole] the API has no pages of it
 * @property {import('./table.js').Kind} table
 * @property {{name: string, label: string, options: string[]}[]} choices for a query
 * @property {{name: string, label: string}[]} switches for a query
 * @property {HTMLElement[]} buttons
 */

export class List {
  #api;
  #kind;
  #clock;
  #table;
  #paging = new Paging(PAGE_SIZE);
  #filter;
  #fields;
  #status = make('p', { class: 'status' });
  #trouble = make('p', { class: 'trouble', role: 'alert' });
  #previous = button('Back', () => this.#turn(() => this.#paging.previous()), { class: 'quiet small' });
  #next = button('More', () => this.#turn(() => this.#paging.next()), { class: 'quiet small' });
  /** @type {any[]} */
  #rows = [];
  #asked = 0;
  #typedQuery = '{}';
  #changed;
  element;

  /**
   * @param {import('./api.js').Api} api @param {Kind} kind @param {() => number} clock mudkeep's
   * @param {() => void} changed other rows are wanted
   */
  constructor(api, kind, clock, changed) {
    this.#api = api;
    this.#kind = kind;
    this.#clock = clock;
    this.#changed = changed;
    this.#table = new Table(kind.table);
    this.#filter = make('input', { type: 'search', placeholder: kind.whole ? 'Filter' : 'Name, address, network …', spellcheck: 'false', autocapitalize: 'off',
      autocomplete: 'off', input: () => this.#typed() });
    const again = () => this.#turn(() => this.#paging.first());
    this.#fields = [
      ...kind.choices.map((choice) => select(choice, again)),
      ...kind.switches.map(({ name, label }) => make('label', { class: 'switch' }, make('input', { type: 'checkbox', name, change: again }), label)),
    ];
    const title = `${kind.name}-title`;
    const tools = make('div', { class: 'tools' }, make('label', { class: 'filter' }, make('span', { class: 'unseen' }, `Filter ${kind.counted[1]}`), this.#filter),
      ...this.#fields, this.#table.sorting, ...kind.buttons);
    this.element = make('section', { id: kind.name, class: 'list', 'aria-labelledby': title },
      make('div', { class: 'heading' }, make('h2', { id: title, tabindex: -1 }, kind.title), this.#status,
        make('div', { class: 'pages', role: 'group', 'aria-label': 'Pages' }, this.#previous, this.#next)),
      tools, this.#trouble, this.#table.element);
    this.#showPages();
  }

  /** Asks for the rows of now. */
  async look() {
    this.#asked += 1;
    const asked = this.#asked;
    const { name, whole } = this.#kind;
    const pages = whole ? {} : { limit: PAGE_SIZE, after: this.#paging.after };
    try {
      const answer = await this.#api.get([name], { ...this.#query(), ...pages });
      if (asked !== this.#asked) return;
      this.#rows = answer[name];
      this.#paging.came(this.#rows.length, answer.total ?? this.#rows.length, answer.next ?? null);
      // All of a page may have gone meanwhile.
      if (this.#rows.length === 0 && this.#paging.hasPrevious) this.#turn(() => this.#paging.first());
      setText(this.#trouble, '');
    } catch (error) {
      const { status, message } = /** @type {any} */ (error);
      if (asked !== this.#asked) return;
      if (!status) throw error;
      this.#rows = [];
      this.#paging.came(0, 0, null);
      setText(this.#trouble, message);
    }
    this.#show();
  }

  #show() {
    const now = this.#clock();
    const { words } = this.#words();
    const { columns } = this.#kind.table;
    const shown = this.#rows.filter((row) => matches(columns.map(({ text }) => text(row, now)).join('\n'), words));
    this.#table.show(shown, now);
    const [one, many] = this.#kind.counted;
    const some = words.length ? `${counted(shown.length, 'match', 'matches')} in ` : '';
    const part = this.#paging.isPart;
    setText(this.#status, part ? `${some}${this.#paging.words}; sorted and searched by page` : some + counted(this.#rows.length, one, many));
    this.#showPages();
  }

  #showPages() {
    this.#previous.disabled = !this.#paging.hasPrevious;
    this.#next.disabled = !this.#paging.hasNext;
    this.#previous.parentElement.hidden = !this.#paging.isPart;
  }

  /** Words are looked for on this page: only other rows of mudkeep's begin anew. */
  #typed() {
    const query = JSON.stringify(this.#words().query);
    if (query === this.#typedQuery) return this.#show();
    this.#typedQuery = query;
    this.#turn(() => this.#paging.first());
  }

  /** @param {() => void} step */
  #turn(step) {
    step();
    this.#show();
    this.#changed();
  }

  #words() {
    const { whole } = this.#kind;
    const { query, words } = parseFilter(this.#filter.value);
    // Where the API looks for nothing, the page does.
    return whole ? { query: {}, words: [...words, ...Object.values(query).map((word) => word.toLowerCase())] } : { query, words };
  }

  #query() {
    /** @type {import('./api.js').Query} */
    const query = this.#words().query;
    for (const field of this.element.querySelectorAll('select[name], input[name]')) {
      query[field.name] = field.type === 'checkbox' ? field.checked : field.value;
    }
    return query;
  }
}

/** @param {{name: string, label: string, options: string[]}} choice @param {() => void} change */
function select({ name, label, options }, change) {
  return make('label', { class: 'choice' }, make('span', { class: 'unseen' }, label),
    make('select', { name, change }, make('option', { value: '' }, label), ...options.map((option) => make('option', { value: option }, option))));
}
