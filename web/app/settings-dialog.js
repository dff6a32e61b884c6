// The dialog in which the player chooses. What is changed holds at once.

import { element } from './page.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

const KEYS = Array.from({ length: 12 }, (_, i) => `F${i + 1}`);

/** @param {Settings} settings */
export function settingsDialog(settings) {
  const dialog = element('settings', HTMLDialogElement);
  makeMacros();
  const fields = /** @type {Field[]} */ ([...dialog.querySelectorAll('[name]')]);
  const fill = () => fields.forEach((field) => show(field, settings));
  dialog.addEventListener('change', ({ target }) => take(/** @type {Field} */ (target), settings));
  settings.addEventListener('change', fill);
  fill();
  element('settings-open', HTMLButtonElement).addEventListener('click', () => {
    fill();
    dialog.showModal();
  });
}

function makeMacros() {
  element('macros', HTMLElement).append(...KEYS.map((key) => {
    const label = document.createElement('label');
    const name = document.createElement('span');
    const field = document.createElement('input');
    name.textContent = key;
    Object.assign(field, { name: `macro-${key}`, spellcheck: false, autocapitalize: 'off', autocomplete: 'off' });
    label.append(name, field);
    return label;
  }));
}

/** @param {Field} field @param {Settings} settings */
function show(field, { all }) {
  const key = macro(field);
  const value = key ? all.macros[key] ?? '' : /** @type {any} */ (all)[field.name];
  if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = value === true;
  else if (document.activeElement !== field || field.tagName !== 'TEXTAREA') field.value = String(value);
}

/** @param {Field} field @param {Settings} settings */
function take(field, settings) {
  const key = macro(field);
  if (key) return settings.change({ macros: { ...settings.all.macros, [key]: field.value } });
  settings.change({ [field.name]: valueOf(field) });
}

/** @param {Field} field */
function valueOf(field) {
  if (!(field instanceof HTMLInputElement)) return field.value;
  if (field.type === 'checkbox') return field.checked;
  return field.type === 'number' || field.type === 'range' ? field.valueAsNumber : field.value;
}

/** @param {Field} field */
function macro(field) {
  return field.name.startsWith('macro-') ? field.name.slice(6) : '';
}
