// What an admin can do. Each asks first.

import * as say from './sentences.js';
import { counted, inFull } from './words.js';

const REASON = /** @type {import('./ask.js').Field} */ ({ name: 'reason', label: 'Reason (the player reads it)', type: 'text', more: { maxlength: 200 } });
const TEXT = { maxlength: 200, required: true };

/** @type {[string, string][]} */
const LENGTHS = [['3600', '1 hour'], ['86400', '1 day'], ['604800', '1 week'], ['2592000', '30 days'], ['', 'for good'], ['until', 'until a time']];
/** @type {[string, string][]} */
const EXTENSIONS = [['600', '10 minutes'], ['3600', '1 hour'], ['86400', '1 day'], ['604800', '1 week']];
/** @type {[string, string][]} */
const WHATS = [['user', 'a user'], ['address', 'an address'], ['network', 'a network']];
/** @type {[string, string][]} */
const KINDS = [['all', 'coming in'], ['new', 'making a character'], ['guest', 'coming in as a guest']];

/** @typedef {{user?: string | null, address?: string | null}} Whom */

export class Actions {
  #api;
  #ask;

  /** @param {import('./api.js').Api} api @param {import('./ask.js').Ask} ask */
  constructor(api, ask) {
    this.#api = api;
    this.#ask = ask;
  }

  /** @param {any} session */
  kick(session) {
    const who = say.called(session);
    this.#ask.open({
      title: `Kick ${who}?`, sentence: () => say.kickSentence(session), label: 'Kick', fields: [REASON],
      run: async ({ reason }) => {
        await this.#api.delete(['sessions', session.session_id], { reason: reason?.trim() });
        return `${say.capital(who)} was kicked.`;
      },
    });
  }

  /** @param {any} connection */
  cut(connection) {
    this.#ask.open({
      title: 'Cut this connection?', sentence: () => say.cutSentence(connection), label: 'Cut', fields: [REASON],
      run: async ({ reason }) => {
        await this.#api.delete(['connections', connection.connection_id], { reason: reason?.trim() });
        return `The connection of ${say.called(connection)} was cut.`;
      },
    });
  }

  /** @param {Whom} [whom] */
  ban({ user, address } = {}) {
    /** @type {Record<string, string>} */
    const known = { user: user ?? '', address: address ?? '', network: say.networkOf(address ?? '') };
    const what = known['user'] || !known['address'] ? 'user' : 'address';
    this.#ask.open({
      title: 'Ban', label: 'Ban', sentence: (values) => say.banSentence(/** @type {say.Ban} */ (/** @type {unknown} */ (values))),
      fields: [
        { name: 'what', label: 'Whom', type: 'select', options: WHATS, value: what },
        { name: 'who', label: 'Name, address or network', type: 'text', value: known[what] ?? '', more: { required: true, maxlength: 100, spellcheck: 'false', autocapitalize: 'off' } },
        { name: 'kind', label: 'From', type: 'select', options: KINDS, value: 'all' },
        { name: 'long', label: 'How long', type: 'select', options: LENGTHS, value: '86400' },
        { name: 'until', label: 'Until', type: 'datetime-local', more: { required: true }, shown: ({ long }) => long === 'until' },
        { name: 'reason', label: 'Reason', type: 'text', more: { maxlength: 200 } },
      ],
      changed: (name, fields) => {
        if (name === 'what') fields['who'].value = known[fields['what'].value] ?? '';
      },
      run: async (values) => {
        const ban = await this.#api.post(['bans'], banBody(/** @type {any} */ (values)));
        return `${say.bannedWho(ban.id)} is banned.`;
      },
    });
  }

  /** @param {any} ban */
  lift(ban) {
    this.#ask.open({
      title: 'Lift this ban?', sentence: () => say.liftSentence(ban), label: 'Lift', harmless: true,
      run: async () => {
        await this.#api.delete(['bans', ban.id], { kind: ban.kind });
        return `The ban of ${say.bannedWho(ban.id)} was lifted.`;
      },
    });
  }

  /** @param {string} user */
  revoke(user) {
    this.#ask.open({
      title: `Revoke the tokens of ${user}?`, sentence: () => say.revokeSentence(user), label: 'Revoke',
      run: async () => {
        const { revoked } = await this.#api.delete(['users', user, 'tokens']);
        return `The tokens of ${counted(revoked, 'session', 'sessions')} were revoked.`;
      },
    });
  }

  /** @param {any} connection @param {'input' | 'output'} name */
  permit(connection, name) {
    const allowed = !connection.permissions[name];
    const label = PERMISSIONS[name][allowed ? 1 : 0];
    this.#ask.open({
      title: `${label}?`, sentence: () => say.permissionSentence(connection, name, allowed), label, harmless: allowed,
      run: async () => {
        await this.#api.patch(['connections', connection.connection_id], { permissions: { [name]: allowed } });
        return 'It was done.';
      },
    });
  }

  /** @param {any} connection */
  extend(connection) {
    this.#ask.open({
      title: 'Extend?', sentence: ({ seconds }) => say.extendSentence(connection, Number(seconds)), label: 'Extend', harmless: true,
      fields: [{ name: 'seconds', label: 'By', type: 'select', options: EXTENSIONS, value: '3600' }],
      run: async ({ seconds }) => {
        await this.#api.post(['connections', connection.connection_id, 'extend'], { seconds: Number(seconds) });
        return `It was extended by ${inFull(Number(seconds))}.`;
      },
    });
  }

  /** To everybody, a user, or one connection. @param {{user?: string | null, connection_id?: string}} [to] */
  notice({ user, connection_id } = {}) {
    const who = connection_id ? `this connection${user ? ` of ${user}` : ''}` : user ?? 'everybody';
    this.#ask.open({
      title: `Say to ${who}`, sentence: () => `${say.capital(who)} is shown this text now, as a line from mudkeep.`, label: 'Say', harmless: true,
      fields: [{ name: 'text', label: 'Text', type: 'text', more: TEXT }],
      run: async ({ text }) => {
        const to = connection_id ? { connection_id } : user ? { user } : {};
        const { told } = await this.#api.post(['notices'], { text: text?.trim(), ...to });
        return `${counted(told, 'connection was', 'connections were')} told.`;
      },
    });
  }

  drain() {
    this.#ask.open({
      title: 'Drain mudkeep?', sentence: ({ minutes }) => say.drainSentence(Number(minutes)), label: 'Drain',
      fields: [
        { name: 'minutes', label: 'Minutes until the end', type: 'number', value: '10', more: { min: 0, max: 1440, step: 1, required: true } },
        { name: 'text', label: 'What to tell them', type: 'text', more: { maxlength: 200 } },
      ],
      run: async ({ minutes, text }) => {
        await this.#api.post(['drain'], { in_seconds: Number(minutes) * 60, ...(text?.trim() && { text: text.trim() }) });
        return 'mudkeep drains.';
      },
    });
  }

  callOff() {
    this.#ask.open({
      title: 'Call it off?', sentence: () => 'mudkeep goes on, and players can log in again.', label: 'Go on', harmless: true,
      run: async () => {
        await this.#api.delete(['drain']);
        return 'mudkeep goes on.';
      },
    });
  }

  cleanUp() {
    this.#ask.open({
      title: 'Clean up?', sentence: () => 'Connections, bans and lingering sessions whose time is over are removed now; nobody who plays is touched.', label: 'Clean up', harmless: true,
      run: async () => {
        const { removed } = await this.#api.post(['cleanup']);
        return removed ? `${counted(removed, 'thing was', 'things were')} removed.` : 'There was nothing to remove.';
      },
    });
  }
}

/** What a button says that takes a permission, and that gives it.
 * @type {Record<'input' | 'output', [string, string]>} */
export const PERMISSIONS = { input: ['Mute', 'Unmute'], output: ['Pause output', 'Resume output'] };

/** @param {say.Ban & {reason: string}} values */
export function banBody({ what, who, kind, long, until, reason }) {
  return {
    [what === 'user' ? 'user' : 'network']: who.trim(), ...(kind !== 'all' && { kind }),
    ...(long === 'until' ? { until: new Date(until).toISOString() } : long ? { for_seconds: Number(long) } : {}),
    ...(reason.trim() && { reason: reason.trim() }),
  };
}
