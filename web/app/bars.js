// Bars above the command line: something to know, with what can be done about it. There is one of each
// name at a time.

import { button, element } from './page.js';

/** @typedef {{label: string, run: () => void, quiet?: boolean}} Choice */

/**
 * @param {string} name @param {string} words @param {Choice[]} choices
 * @param {string[]} [items] what it is about, one by one
 */
export function showBar(name, words, choices, items = []) {
  hideBar(name);
  const bar = document.createElement('div');
  bar.className = 'bar';
  bar.dataset['name'] = name;
  const text = document.createElement('p');
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', words);
  text.textContent = words;
  bar.append(text, ...list(items), ...choices.map(({ label, run, quiet }) => button(label, () => {
    hideBar(name);
    run();
  }, quiet)));
  element('bars', HTMLElement).append(bar);
}

/** @param {string} name */
export function hideBar(name) {
  for (const bar of element('bars', HTMLElement).children) {
    if (bar instanceof HTMLElement && bar.dataset['name'] === name) bar.remove();
  }
}

/** @param {string[]} items */
function list(items) {
  if (items.length === 0) return [];
  const all = document.createElement('ul');
  all.tabIndex = 0;
  all.setAttribute('aria-label', 'Lines');
  all.append(...items.map((item) => {
    const entry = document.createElement('li');
    entry.textContent = item;
    return entry;
  }));
  return [all];
}
