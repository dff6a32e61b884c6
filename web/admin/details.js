// All that is known of a session or a connection, and what can be done about it.

import { PERMISSIONS } from './actions.js';
import { clientOf } from './lists.js';
import { Logins } from './logins.js';
import { button, element, make, setText } from './page.js';
import { called } from './sentences.js';
import { bytes, count, left, moment, NOTHING, roundTrip, since } from './words.js';

/** @typedef {{kind: 'sessions' | 'connections', id: string}} Subject */

const ago = (/** @type {string | null} */ time, /** @type {number} */ now) => (time ? `${moment(time)} (${since(time, now)} ago)` : NOTHING);
const until = (/** @type {string | null} */ time, /** @type {number} */ now) => (time ? `${moment(time)} (${left(time, now)})` : 'no end');

/** @type {[string, (session: any, now: number) => string][]} */
const SESSION = [
  ['State', ({ state }) => state],
  ['User', ({ user }) => user ?? NOTHING],
  ['Address', ({ address }) => address ?? NOTHING],
  ['Begun', ({ created_at }, now) => ago(created_at, now)],
  ['Last activity', ({ last_activity_at }, now) => ago(last_activity_at, now)],
  ['Held since', ({ held_since }, now) => ago(held_since, now)],
  ['Ends', ({ expires_at }, now) => until(expires_at, now)],
  ['History', ({ history_bytes }) => bytes(history_bytes)],
  ['Lines that wait', ({ queued_lines }) => count(queued_lines)],
  ['Token families', ({ token_families }) => count(token_families)],
  ['Preset', ({ preset }) => preset ?? NOTHING],
  ['Session', ({ session_id }) => session_id],
];

/** @type {[string, (connection: any, now: number) => string][]} */
const CONNECTION = [
  ['State', ({ state }) => state],
  ['User', ({ user }) => user ?? NOTHING],
  ['Address', ({ address }) => address],
  ['Way', ({ transport, subprotocol, tls }) => [transport, subprotocol, tls ? 'TLS' : 'no TLS'].filter(Boolean).join(', ')],
  ['Client', (connection) => clientOf(connection) ?? NOTHING],
  ['Terminal', ({ client }) => client?.terminal ?? NOTHING],
  ['Browser', ({ client }) => client?.user_agent ?? NOTHING],
  ['Connected', ({ connected_at }, now) => ago(connected_at, now)],
  ['Last activity', ({ last_activity_at }, now) => ago(last_activity_at, now)],
  ['Ends', ({ expires_at }, now) => until(expires_at, now)],
  ['May', ({ permissions }) => (permissions.input ? 'type' : 'not type') + (permissions.output ? ', read' : ', not read')],
  ['Lines in a minute', ({ rate }) => `${count(rate.lines_per_minute)} of ${rate.limit_per_minute ? count(rate.limit_per_minute) : 'any number'}`],
  ['Lines in, out', ({ lines_in, lines_out }) => `${count(lines_in)}, ${count(lines_out)}`],
  ['Bytes in, out', ({ bytes_in, bytes_out }) => `${bytes(bytes_in)}, ${bytes(bytes_out)}`],
  ['Latency', ({ round_trip_seconds }) => roundTrip(round_trip_seconds)],
  ['Connection', ({ connection_id }) => connection_id],
];

export class Details {
  #api;
  #clock;
  #opened;
  #dialog = element('details', HTMLDialogElement);
  #title = element('details-title', HTMLElement);
  #list = element('details-list', HTMLElement);
  #links = element('details-links', HTMLElement);
  #trouble = element('details-trouble', HTMLElement);
  #actions = element('details-actions', HTMLElement);
  /** @type {Subject | null} */
  #subject = null;
  /** @type {any} */
  #content = null;
  /** It is not there any more. */
  #isGone = false;
  #does;
  #logins;

  /** @param {import('./api.js').Api} api @param {import('./actions.js').Actions} actions @param {() => number} clock @param {() => void} opened @param {() => void} closed */
  constructor(api, actions, clock, opened, closed) {
    this.#api = api;
    this.#clock = clock;
    this.#opened = opened;
    this.#does = actions;
    this.#logins = new Logins(api);
    element('details-close', HTMLButtonElement).onclick = () => this.close();
    this.#dialog.onclose = () => {
      this.#subject = null;
      closed();
    };
  }

  get isOpen() {
    return this.#subject !== null;
  }

  close() {
    this.#subject = null;
    this.#dialog.close();
  }

  /** @param {'sessions' | 'connections'} kind @param {any} content */
  open(kind, content) {
    this.#subject = { kind, id: kind === 'sessions' ? content.session_id : content.connection_id };
    this.#isGone = false;
    this.#take(content);
    this.#logins.of(content);
    this.#actions.replaceChildren(...(kind === 'sessions' ? this.#ofSession() : this.#ofConnection()));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#title.focus();
    this.#dialog.scrollTop = 0;
    this.#opened();
  }

  /** Asks for what is known now. */
  async look() {
    const subject = this.#subject;
    if (!subject || this.#isGone) return;
    try {
      const content = await this.#api.get([subject.kind, subject.id]);
      if (this.#subject === subject) this.#take(content);
    } catch (error) {
      const { status } = /** @type {any} */ (error);
      if (!status) throw error;
      if (this.#subject === subject) this.#gone();
    }
  }

  #gone() {
    this.#isGone = true;
    setText(this.#trouble, this.#subject?.kind === 'sessions' ? 'This session is over.' : 'This connection is over.');
    this.#actions.querySelectorAll('button').forEach((/** @type {HTMLButtonElement} */ one) => { one.disabled = true; });
  }

  /** @param {any} content */
  #take(content) {
    const ofSession = this.#subject?.kind === 'sessions';
    const now = this.#clock();
    this.#content = content;
    setText(this.#title, `${ofSession ? 'Session' : 'Connection'} of ${called(content)}`);
    setText(this.#trouble, '');
    const facts = (ofSession ? SESSION : CONNECTION).map(([name, text]) => /** @type {[string, string]} */ ([name, text(content, now)]));
    showFacts(this.#list, facts.filter(([, text]) => text !== NOTHING));
    this.#showLinks(ofSession ? content.connections.map((/** @type {string} */ id) => ['connections', id]) : content.session_id ? [['sessions', content.session_id]] : []);
    for (const name of /** @type {const} */ (['input', 'output'])) {
      const permit = this.#actions.querySelector(`[data-permission="${name}"]`);
      if (permit) setText(permit, `${PERMISSIONS[name][content.permissions[name] ? 0 : 1]} …`);
    }
  }

  /** @param {['sessions' | 'connections', string][]} targets */
  #showLinks(targets) {
    const shown = targets.map(([, id]) => id).join();
    if (this.#links.dataset['shown'] === shown) return;
    this.#links.dataset['shown'] = shown;
    this.#links.replaceChildren(...targets.map(([kind, id]) => button(
      kind === 'sessions' ? 'Its session' : `Connection ${id.slice(0, 8)}`, () => void this.#go(kind, id), { class: 'quiet small' },
    )));
  }

  /** @param {'sessions' | 'connections'} kind @param {string} id */
  async #go(kind, id) {
    try {
      this.open(kind, await this.#api.get([kind, id]));
    } catch (error) {
      setText(this.#trouble, /** @type {Error} */ (error).message);
    }
  }

  #ofSession() {
    const does = this.#does;
    const user = this.#content.user;
    return [
      button('Kick …', () => does.kick(this.#content), { class: 'danger' }),
      button('Ban …', () => does.ban(this.#content)),
      ...(user ? [button('Say …', () => does.notice({ user })), button('Revoke tokens …', () => does.revoke(user))] : []),
    ];
  }

  #ofConnection() {
    const does = this.#does;
    return [
      button('Cut …', () => does.cut(this.#content), { class: 'danger' }),
      button('Ban …', () => does.ban(this.#content)),
      button('Say …', () => does.notice({ user: this.#content.user, connection_id: this.#content.connection_id })),
      ...(/** @type {const} */ (['input', 'output'])).map((name) => button(`${PERMISSIONS[name][this.#content.permissions[name] ? 0 : 1]} …`,
        () => does.permit(this.#content, name), { 'data-permission': name })),
      button('Extend …', () => does.extend(this.#content)),
    ];
  }
}

/** Names and texts; what did not change is left alone. @param {HTMLElement} list @param {[string, string][]} facts */
function showFacts(list, facts) {
  const names = facts.map(([name]) => name).join();
  if (list.dataset['names'] !== names) {
    list.dataset['names'] = names;
    list.replaceChildren(...facts.map(([name]) => make('div', {}, make('dt', {}, name), make('dd'))));
  }
  facts.forEach(([, text], n) => setText(/** @type {Element} */ (list.children[n]?.lastElementChild), text));
}
