// The page of somebody who is let in: puts the parts together, and asks mudkeep for what is in sight.

import { Actions } from './actions.js';
import { Ask } from './ask.js';
import { Details } from './details.js';
import { Journal } from './journal.js';
import { List } from './list.js';
import { banList, connectionList, sessionList } from './lists.js';
import { EVERY_MS, Overview } from './overview.js';
import { button, element, make, setText } from './page.js';
import { Poll } from './poll.js';
import { marked, offered, shown, viewOf } from './views.js';
import { clock, counted, duration, left } from './words.js';

const LIST_MS = 3000;
/** Events come in numbers: the lists follow them, but not each of them. */
const SOON_MS = 300;
const TOLD_MS = 10_000;

const ENV = {
  hidden: () => document.hidden,
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  clearTimeout: (/** @type {any} */ timer) => clearTimeout(timer),
};

/** @type {Record<string, string>} */
const STATUS = { ok: 'Running', draining: 'Draining', game_down: 'The game does not answer' };

export class Desk {
  #api;
  #place = element('desk', HTMLElement);
  #menu = element('menu', HTMLElement);
  #status = element('status', HTMLElement);
  #build = element('build', HTMLElement);
  #draining = element('draining', HTMLElement);
  #told = element('told', HTMLElement);
  #refused = element('refused', HTMLElement);
  #wide = matchMedia('(min-width: 1160px)');
  #middle = matchMedia('(min-width: 800px)');
  #ask;
  #actions;
  #details;
  #overview;
  #journal;
  /** @type {Record<string, List>} */
  #lists;
  #polls;
  /** How far mudkeep's clock is before the one here. */
  #skewMs = 0;
  /** @type {any} */
  #soon = null;
  /** @type {any} */
  #forgetting = null;
  #over = new AbortController();

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.#api = api;
    const theirs = () => Date.now() + this.#skewMs;
    this.#ask = new Ask((words) => this.#done(words));
    this.#actions = new Actions(api, this.#ask);
    this.#details = new Details(api, this.#actions, theirs, () => this.#polls[2]?.now(), () => this.#focus());
    this.#overview = new Overview(api, (health) => this.#heard(health));
    this.#journal = new Journal(api, (event) => this.#happened(event));
    const list = (/** @type {import('./list.js').Kind} */ kind) => new List(api, kind, theirs, () => this.#polls[1]?.now());
    this.#lists = {
      sessions: list(sessionList(this.#actions, (row) => this.#details.open('sessions', row))),
      connections: list(connectionList(this.#actions, (row) => this.#details.open('connections', row))),
      bans: list(banList(this.#actions, button('Ban …', () => this.#actions.ban(), { class: 'danger' }))),
    };
    this.#polls = [
      new Poll(() => this.#lookAround(), EVERY_MS, ENV), new Poll(() => this.#lookAtLists(), LIST_MS, ENV),
      new Poll(() => this.#details.look(), LIST_MS, ENV),
    ];
  }

  start() {
    const parts = [this.#overview.element, ...Object.values(this.#lists).map((one) => one.element), this.#journal.element];
    this.#place.replaceChildren(...parts);
    element('say', HTMLButtonElement).onclick = () => this.#actions.notice();
    element('drain', HTMLButtonElement).onclick = () => this.#actions.drain();
    element('clean-up', HTMLButtonElement).onclick = () => this.#actions.cleanUp();
    const { signal } = this.#over;
    addEventListener('hashchange', () => this.#show(true), { signal });
    for (const width of [this.#wide, this.#middle]) width.addEventListener('change', () => this.#show(false), { signal });
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    addEventListener('online', () => this.#look(), { signal });
    this.#show(false);
    this.#polls.forEach((poll) => poll.start());
    this.#journal.start();
  }

  /** Nothing of it is left on the page. */
  end() {
    this.#over.abort();
    this.#polls.forEach((poll) => poll.stop());
    this.#journal.stop();
    this.#ask.close();
    this.#details.close();
    clearTimeout(this.#soon);
    for (const place of [this.#place, this.#draining, this.#told, this.#refused, this.#status, this.#build]) place.replaceChildren();
    for (const id of ['details-list', 'details-links', 'details-logins-list', 'details-actions', 'details-title', 'ask-fields', 'ask-sentence', 'ask-title']) {
      const place = element(id, HTMLElement);
      place.replaceChildren();
      for (const name of Object.keys(place.dataset)) delete place.dataset[name];
    }
  }

  #look() {
    this.#polls.forEach((poll) => poll.now());
  }

  get #width() {
    return this.#wide.matches ? 'wide' : this.#middle.matches ? 'middle' : 'narrow';
  }

  /** Shows the view that the address names. @param {boolean} asked the focus goes there */
  #show(asked) {
    const width = this.#width;
    const view = viewOf(location.hash);
    const inSight = shown(view, width);
    for (const part of this.#place.children) /** @type {HTMLElement} */ (part).hidden = !inSight.includes(part.id);
    for (const link of this.#menu.querySelectorAll('a')) {
      const name = viewOf(link.hash);
      /** @type {HTMLElement} */ (link.parentElement).hidden = !offered(width).includes(name);
      if (name === marked(view, width)) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (asked && view !== 'overview') document.getElementById(`${marked(view, width)}-title`)?.focus({ preventScroll: true });
    this.#polls[1]?.now();
  }

  async #lookAround() {
    try {
      await this.#overview.look();
      setText(this.#refused, '');
    } catch (error) {
      // That there is no answer at all is said by whoever let in.
      const { status, message } = /** @type {any} */ (error);
      setText(this.#refused, status ? message : '');
      throw error;
    }
  }

  async #lookAtLists() {
    await Promise.all(Object.values(this.#lists).filter((list) => !list.element.hidden).map((list) => list.look()));
  }

  /** @param {any} health */
  #heard(health) {
    const { started_at, uptime_seconds, status, version, build, game } = health;
    this.#skewMs = Date.parse(started_at) + uptime_seconds * 1000 - Date.now() || 0;
    setText(this.#status, STATUS[status] ?? status);
    this.#status.dataset['tone'] = status === 'ok' ? 'good' : 'bad';
    const address = game?.address ? [game.address === 'demo' ? 'built-in game' : `game at ${game.address}`] : [];
    setText(this.#build, [`mudkeep ${version}${build?.profile === 'debug' ? ' (debug)' : ''}`, `up ${duration(uptime_seconds)}`, ...address].join(' · '));
    void this.#showDrain(status === 'draining');
  }

  /** @param {boolean} draining */
  async #showDrain(draining) {
    element('drain', HTMLButtonElement).hidden = draining;
    if (!draining) return this.#draining.replaceChildren();
    const { at, sessions } = await this.#api.get(['drain']).catch(() => ({}));
    if (sessions === undefined) return;
    const [words] = this.#draining.children.length ? this.#draining.children
      : [make('p'), button('Call it off …', () => this.#actions.callOff())].map((one) => this.#draining.appendChild(one));
    const end = at ? `ends at ${clock(at)} (${left(at, Date.now() + this.#skewMs)})` : 'ends';
    setText(/** @type {Element} */ (words), `No new logins: mudkeep ${end} or as soon as nobody plays; ${counted(sessions, 'session is', 'sessions are')} left.`);
  }

  /** @param {any} event */
  #happened(event) {
    if (event.type === 'admin' && event.method === 'GET') return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#look();
    }, SOON_MS);
  }

  /** @param {string} words */
  #done(words) {
    setText(this.#details.isOpen ? element('details-told', HTMLElement) : this.#told, words);
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      setText(this.#told, '');
      setText(element('details-told', HTMLElement), '');
    }, TOLD_MS);
    this.#focus();
    this.#look();
  }

  /** What had the focus before a dialog may be gone. */
  #focus() {
    if (document.activeElement === document.body) this.#place.focus({ preventScroll: true });
  }
}
