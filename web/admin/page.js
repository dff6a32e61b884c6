// Elements: found by id, or made. Text from outside becomes text, never markup.

/**
 * @template {typeof Element} T
 * @param {string} id @param {T} type @returns {InstanceType<T>}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return /** @type {InstanceType<T>} */ (found);
}

/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

/**
 * An element; an attribute that is a function hears the event of its name.
 * @param {string} tag @param {Attributes} [attributes] @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** @param {string} tag @param {Attributes} [attributes] @param {...(Node | string)} children @returns {any} */
export function drawing(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** @param {Element} made @param {Attributes} attributes @param {(Node | string)[]} children */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** @param {string} label @param {(event: Event) => void} click @param {Attributes} [attributes] */
export function button(label, click, attributes = {}) {
  return make('button', { type: 'button', class: 'quiet', click, ...attributes }, label);
}

/** Changes a text only where it is another one: a selection in it stays. @param {Element} place @param {string} text */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
