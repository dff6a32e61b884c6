// A table whose rows come anew every few seconds. What did not change stays the same element, so that
// focus and selection stay where they are.

import { button, make, setText } from './page.js';
import { sorted } from './sort.js';

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} title
 * @property {(row: any, now: number) => string} text
 * @property {(row: any) => import('./sort.js').Value} value to sort by
 * @property {(row: any) => string} [tone] how it looks
 * @property {boolean} [number]
 */

/**
 * @typedef {object} Kind
 * @property {string} caption
 * @property {Column[]} columns the first one is the name of the row
 * @property {(row: any) => string} key
 * @property {(row: any) => string} called
 * @property {{column: string, down: boolean}} order
 * @property {((row: any) => void) | null} open
 * @property {{label: string, run: (row: any) => void}} act
 * @property {string} empty
 */

export class Table {
  #kind;
  #order;
  /** @type {any[]} */
  #rows = [];
  #now = 0;
  /** @type {Map<string, Row>} */
  #shown = new Map();
  #body = make('tbody', { role: 'rowgroup' });
  #empty;
  /** @type {HTMLTableCellElement[]} */
  #heads;
  #chosen;
  element;
  /** The order as a field, for where there are no heads to press. */
  sorting;

  /** @param {Kind} kind */
  constructor(kind) {
    this.#kind = kind;
    this.#order = { ...kind.order };
    this.#heads = kind.columns.map((column) => this.#head(column));
    this.#empty = make('p', { class: 'empty', hidden: true }, kind.empty);
    const head = make('tr', { role: 'row' }, ...this.#heads,
      make('th', { scope: 'col', role: 'columnheader' }, make('span', { class: 'unseen' }, 'Actions')));
    const table = make('table', { role: 'table' }, make('caption', { class: 'unseen' }, kind.caption), make('thead', { role: 'rowgroup' }, head), this.#body);
    this.element = make('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': kind.caption }, table, this.#empty);
    this.#chosen = make('select', { change: () => this.#choose() },
      ...kind.columns.flatMap(({ name, title }) => [make('option', { value: name }, title), make('option', { value: `-${name}` }, `${title}, down`)]));
    this.sorting = make('label', { class: 'sorting' }, 'Sort by ', this.#chosen);
    this.#showOrder();
  }

  /** @param {any[]} rows @param {number} now */
  show(rows, now) {
    this.#rows = rows;
    this.#now = now;
    if (!selecting(this.element)) this.#draw();
  }

  #draw() {
    const { columns, key } = this.#kind;
    const by = columns.find(({ name }) => name === this.#order.column) ?? columns[0];
    const wanted = sorted(this.#rows, (row) => by?.value(row), this.#order.down, key).map((row) => this.#row(row));
    const focused = [...this.#shown.values()].find(({ element }) => element.contains(document.activeElement));
    const kept = new Set(wanted);
    const at = focused ? [...this.#body.children].indexOf(focused.element) : 0;
    for (const [id, row] of this.#shown) {
      if (kept.has(row)) continue;
      row.element.remove();
      this.#shown.delete(id);
    }
    arrange(this.#body, wanted.map(({ element }) => element), focused?.element);
    if (focused && !kept.has(focused)) this.#focusNear(at);
    this.#empty.hidden = wanted.length > 0;
  }

  /** @param {any} content */
  #row(content) {
    const id = this.#kind.key(content);
    const row = this.#shown.get(id) ?? new Row(this.#kind);
    this.#shown.set(id, row);
    row.show(content, this.#now);
    return row;
  }

  /** The row with the focus is gone. @param {number} at where it was */
  #focusNear(at) {
    const next = this.#body.children[Math.min(at, this.#body.children.length - 1)];
    /** @type {HTMLElement} */ (next?.querySelector('button') ?? this.element).focus();
  }

  /** @param {Column} column */
  #head({ name, title, number }) {
    const press = () => this.#sort(name, this.#order.column === name ? !this.#order.down : Boolean(number));
    return make('th', { scope: 'col', role: 'columnheader', class: number ? 'figure' : null }, button(title, press, { class: 'plain' }));
  }

  #choose() {
    const down = this.#chosen.value.startsWith('-');
    this.#sort(this.#chosen.value.slice(down ? 1 : 0), down);
  }

  /** @param {string} column @param {boolean} down */
  #sort(column, down) {
    this.#order = { column, down };
    this.#showOrder();
    this.#draw();
  }

  #showOrder() {
    this.#chosen.value = `${this.#order.down ? '-' : ''}${this.#order.column}`;
    this.#heads.forEach((head, n) => {
      if (this.#kind.columns[n]?.name === this.#order.column) head.setAttribute('aria-sort', this.#order.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
  }
}

class Row {
  #columns;
  /** @type {HTMLElement[]} */
  #places = [];
  #act;
  #called;
  /** @type {any} */
  #content = null;
  element = make('tr', { role: 'row' });

  /** @param {Kind} kind */
  constructor({ columns, open, act, called }) {
    this.#columns = columns;
    this.#called = called;
    columns.forEach(({ title, number }, n) => {
      const place = n === 0 && open ? button('', () => open(this.#content), { class: 'plain link' }) : make('span');
      const tag = n === 0 ? { scope: 'row', role: 'rowheader' } : { role: 'cell' };
      this.element.append(make(n === 0 ? 'th' : 'td', { ...tag, 'data-label': title, class: number ? 'figure' : null }, place));
      this.#places.push(place);
    });
    this.#act = button(act.label, () => act.run(this.#content), { class: 'quiet small' });
    this.element.append(make('td', { role: 'cell', class: 'acts' }, this.#act));
  }

  /** @param {any} content @param {number} now */
  show(content, now) {
    this.#content = content;
    this.#columns.forEach(({ text, tone }, n) => {
      const place = /** @type {HTMLElement} */ (this.#places[n]);
      setText(place, text(content, now));
      if (tone) place.dataset['tone'] = tone(content);
    });
    const label = `${this.#act.textContent} ${this.#called(content)}`;
    if (this.#act.getAttribute('aria-label') !== label) this.#act.setAttribute('aria-label', label);
  }
}

/** Puts rows in order without moving the one that is not to be moved. @param {Element} body @param {Element[]} wanted @param {Element} [fixed] */
function arrange(body, wanted, fixed) {
  if (wanted.length === body.children.length && wanted.every((row, n) => body.children[n] === row)) return;
  const middle = fixed ? wanted.indexOf(fixed) : -1;
  wanted.slice(0, Math.max(middle, 0)).forEach((row) => body.insertBefore(row, fixed ?? null));
  body.append(...wanted.slice(middle + 1));
}

/** Somebody is marking text in there. @param {Node} place */
function selecting(place) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.anchorNode !== null && place.contains(selection.anchorNode);
}
