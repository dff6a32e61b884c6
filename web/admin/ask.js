// The dialog in front of every action: what will happen, what there is to say about it, and yes or no.

import { element, make, setText } from './page.js';

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {'text' | 'number' | 'datetime-local' | 'select'} type
 * @property {string} [value]
 * @property {[string, string][]} [options] value and words of each
 * @property {Record<string, string | number | boolean>} [more] other attributes
 * @property {(values: Values) => boolean} [shown]
 */

/** @typedef {Record<string, string>} Values */

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {(values: Values) => string} sentence what will happen
 * @property {string} label of the button that does it
 * @property {boolean} [harmless] it takes nothing from anybody
 * @property {Field[]} [fields]
 * @property {(values: Values) => Promise<string>} run says what was done
 * @property {(name: string, fields: Record<string, any>) => void} [changed] a field was
 */

export class Ask {
  #dialog = element('ask', HTMLDialogElement);
  #title = element('ask-title', HTMLElement);
  #sentence = element('ask-sentence', HTMLElement);
  #place = element('ask-fields', HTMLElement);
  #trouble = element('ask-trouble', HTMLElement);
  #do = element('ask-do', HTMLButtonElement);
  #cancel = element('ask-cancel', HTMLButtonElement);
  #done;
  /** @type {Question | null} */
  #question = null;
  /** @type {Record<string, any>} */
  #fields = {};

  /** @param {(words: string) => void} done */
  constructor(done) {
    this.#done = done;
    const form = element('ask-form', HTMLFormElement);
    form.onsubmit = (event) => {
      event.preventDefault();
      void this.#run();
    };
    form.oninput = (event) => this.#change(event.target);
    this.#cancel.onclick = () => this.#dialog.close();
  }

  /** @param {Question} question */
  open(question) {
    this.#question = question;
    const fields = question.fields ?? [];
    this.#fields = Object.fromEntries(fields.map((field) => [field.name, input(field)]));
    setText(this.#title, question.title);
    setText(this.#do, question.label);
    this.#do.className = question.harmless ? '' : 'danger';
    setText(this.#trouble, '');
    this.#do.disabled = false;
    this.#place.replaceChildren(...fields.map((field) => make('label', { class: 'field' }, make('span', {}, field.label), this.#fields[field.name])));
    this.#show();
    this.#dialog.showModal();
    (Object.values(this.#fields)[0] ?? this.#cancel).focus();
  }

  close() {
    this.#question = null;
    this.#dialog.close();
  }

  /** @param {any} target */
  #change(target) {
    this.#question?.changed?.(target.name, this.#fields);
    this.#show();
  }

  #show() {
    const question = this.#question;
    if (!question) return;
    const values = this.#values();
    setText(this.#sentence, question.sentence(values));
    for (const { name, shown } of question.fields ?? []) {
      const field = this.#fields[name];
      const wanted = shown ? shown(values) : true;
      field.disabled = !wanted;
      field.parentElement.hidden = !wanted;
    }
  }

  #values() {
    return Object.fromEntries(Object.entries(this.#fields).map(([name, field]) => [name, field.value]));
  }

  async #run() {
    const question = this.#question;
    if (!question || this.#do.disabled) return;
    this.#do.disabled = true;
    setText(this.#trouble, '');
    try {
      const words = await question.run(this.#values());
      if (this.#question === question) this.#dialog.close();
      this.#done(words);
    } catch (error) {
      if (this.#question === question) setText(this.#trouble, /** @type {Error} */ (error).message);
    }
    if (this.#question === question) this.#do.disabled = false;
  }
}

/** @param {Field} field */
function input({ name, type, value = '', options = [], more = {} }) {
  const attributes = { name, autocomplete: 'off', ...more };
  const made = type === 'select' ? make('select', attributes, ...options.map(([of, words]) => make('option', { value: of }, words)))
    : make('input', { type, ...attributes });
  made.value = value;
  return made;
}
