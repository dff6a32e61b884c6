// The line to type in: what was typed before, pasting, keys with a command on them, and the field for
// a password, which is one of its own so that nothing of it stays anywhere.

import { expand, parseAliases } from './aliases.js';
import { read, write } from '../mudkeep/keys.js';
import { answer, element } from './page.js';

/** @typedef {import('./settings.js').Settings} Settings */
/**
 * @typedef {object} Game
 * @property {(line: string, secret: boolean) => void} send
 * @property {() => void} hush the player goes on: nothing is to be read out any more
 * @property {(pages: number) => void} scroll
 */

const HISTORY_NAME = 'mudkeep:history';
const HISTORY_MAX = 200;
/** A paste of more lines is asked about. */
const PASTE_ASK = 20;
const PASTE_MAX = 500;

/** @type {Record<string, string>} */
const NUMPAD = {
  Numpad8: 'north', Numpad2: 'south', Numpad4: 'west', Numpad6: 'east', Numpad7: 'northwest', Numpad9: 'northeast',
  Numpad1: 'southwest', Numpad3: 'southeast', Numpad5: 'look', NumpadAdd: 'down', NumpadSubtract: 'up',
};

export class Command {
  #game;
  #settings;
  #form = element('command-form', HTMLFormElement);
  #field = element('command', HTMLInputElement);
  #passwordForm = element('password-form', HTMLFormElement);
  #password = element('password', HTMLInputElement);
  #username = element('username', HTMLInputElement);
  #history = strings(read(sessionStore(), HISTORY_NAME));
  /** Where in the history the field is, and what was in it before. */
  #at = -1;
  #draft = '';

  /** @param {Game} game @param {Settings} settings */
  constructor(game, settings) {
    this.#game = game;
    this.#settings = settings;
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.#passwordForm.addEventListener('submit', (event) => this.#submitPassword(event));
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('input', () => { this.#at = -1; });
    this.#field.addEventListener('paste', (event) => void this.#paste(event));
    element('earlier', HTMLButtonElement).addEventListener('click', () => {
      this.#recall(1);
      this.#field.focus();
    });
    document.addEventListener('keydown', (event) => this.#anywhere(event));
  }

  /** The game hides what is typed, or shows it. @param {boolean} hidden */
  hide(hidden) {
    if (this.#passwordForm.hidden === !hidden) return;
    const focused = [document.body, this.#field, this.#password].includes(/** @type {any} */ (document.activeElement));
    this.#password.value = '';
    this.#username.value = hidden ? this.#history.at(-1) ?? '' : '';
    this.#form.hidden = hidden;
    this.#passwordForm.hidden = !hidden;
    if (focused) this.focus();
  }

  focus() {
    (this.#form.hidden ? this.#password : this.#field).focus({ preventScroll: true });
  }

  /** Sends a command as if it were typed. @param {string} text */
  perform(text) {
    const aliases = parseAliases(this.#settings.all.aliases);
    for (const line of expand(text, aliases)) this.#game.send(line, false);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    this.#game.hush();
    const text = this.#field.value;
    this.#field.value = '';
    this.#remember(text);
    this.perform(text);
    this.#field.focus();
  }

  /** @param {SubmitEvent} event */
  #submitPassword(event) {
    event.preventDefault();
    this.#game.hush();
    const text = this.#password.value;
    this.#password.value = '';
    this.#game.send(text, true);
  }

  /** @param {string} text */
  #remember(text) {
    this.#at = -1;
    if (text === '' || text === this.#history.at(-1)) return;
    this.#history.push(text);
    this.#history = this.#history.slice(-HISTORY_MAX);
    write(sessionStore(), HISTORY_NAME, this.#history);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey, isComposing } = event;
    if (isComposing || altKey || ctrlKey || metaKey || shiftKey) return;
    if (key === 'ArrowUp') this.#recall(1);
    else if (key === 'ArrowDown') this.#recall(-1);
    else if (key === 'Escape') this.#field.value = '';
    else return;
    event.preventDefault();
  }

  /** Goes back (1) or forth (-1) to a command that begins like the one that was being typed.
   * @param {1 | -1} step */
  #recall(step) {
    if (this.#at < 0) this.#draft = this.#field.value;
    const matches = this.#history.filter((line, i, all) => line.startsWith(this.#draft) && all.lastIndexOf(line) === i);
    this.#at = Math.max(-1, Math.min(this.#at + step, matches.length - 1));
    this.#field.value = this.#at < 0 ? this.#draft : matches[matches.length - 1 - this.#at] ?? this.#draft;
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  /** @param {ClipboardEvent} event */
  async #paste(event) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    const lines = text.trimEnd().split(/\r\n|\r|\n/).slice(0, PASTE_MAX);
    lines[0] = this.#field.value + lines[0];
    if (lines.length > PASTE_ASK && !(await this.#mayPaste(lines.length))) return;
    this.#field.value = '';
    for (const line of lines) this.#game.send(line, false);
  }

  /** @param {number} count */
  async #mayPaste(count) {
    element('paste-words', HTMLElement).textContent = `You have pasted ${count} lines. Each is sent to the game as a command.`;
    return (await answer(element('paste', HTMLDialogElement))) === 'send';
  }

  /** Keys that work wherever the focus is. @param {KeyboardEvent} event */
  #anywhere(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const command = this.#commandOn(event);
    if (command !== undefined && !this.#form.hidden) {
      event.preventDefault();
      return this.perform(command);
    }
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      return this.#game.scroll(event.key === 'PageUp' ? -1 : 1);
    }
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key.length === 1 && event.key !== ' ' && !/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) this.focus();
  }

  /** @param {KeyboardEvent} event */
  #commandOn({ key, code, altKey, ctrlKey, metaKey, shiftKey }) {
    if (altKey || ctrlKey || metaKey || shiftKey) return undefined;
    const { macros, numpad } = this.#settings.all;
    if (/^F\d{1,2}$/.test(key)) return macros[key] || undefined;
    return numpad && Object.hasOwn(NUMPAD, code) ? NUMPAD[code] : undefined;
  }
}

/** The tab's storage, where it is allowed. */
export function sessionStore() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** @param {any} value */
function strings(value) {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(-HISTORY_MAX) : [];
}
