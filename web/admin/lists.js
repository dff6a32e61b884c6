// The lists that there are: their columns, and what can be asked of them.

import { bannedWho, called } from './sentences.js';
import { bytes, count, left, moment, NOTHING, roundTrip, since } from './words.js';

/** @typedef {import('./list.js').Kind} Kind */

/** Which state looks how. @type {Record<string, string>} */
const TONES = { playing: 'good', active: 'good', held: 'warn', orphaned: 'warn', lingering: 'soft', disconnecting: 'soft' };

/** What a ban keeps from. @type {Record<string, string>} */
const FROM = { all: 'coming in', new: 'making characters', guest: 'coming in as guest' };

const time = (/** @type {string | null} */ value) => (value ? Date.parse(value) : null);

/** @type {import('./table.js').Column[]} */
const SHARED = [
  { name: 'user', title: 'User', value: (row) => row.user, text: (row) => row.user ?? '(no name yet)' },
  { name: 'state', title: 'State', value: (row) => row.state, text: (row) => row.state, tone: (row) => TONES[row.state] ?? '' },
  { name: 'address', title: 'Address', value: (row) => row.address, text: (row) => row.address ?? NOTHING },
];

/** How long ago, the newest first. @type {import('./table.js').Column} */
const ACTIVE = {
  name: 'active', title: 'Idle', number: true, text: (row, now) => since(row.last_activity_at, now), value: (row) => -(time(row.last_activity_at) ?? 0),
};

/** @type {import('./table.js').Column[]} */
const SESSIONS = [
  ...SHARED,
  { name: 'connections', title: 'Conn.', number: true, value: (row) => row.connections.length, text: (row) => count(row.connections.length) },
  ACTIVE,
  { name: 'created', title: 'Age', number: true, value: (row) => -(time(row.created_at) ?? 0), text: (row, now) => since(row.created_at, now) },
  { name: 'history', title: 'History', number: true, value: (row) => row.history_bytes, text: (row) => bytes(row.history_bytes) },
  { name: 'expires', title: 'Ends', number: true, value: (row) => time(row.expires_at), text: (row, now) => left(row.expires_at, now) },
];

/** @type {import('./table.js').Column[]} */
const CONNECTIONS = [
  ...SHARED,
  { name: 'transport', title: 'Way', value: (row) => row.transport, text: (row) => row.transport + (row.tls ? ' + TLS' : '') },
  { name: 'client', title: 'Client', value: clientOf, text: (row) => clientOf(row) ?? NOTHING },
  { name: 'trip', title: 'Latency', number: true, value: (row) => row.round_trip_seconds, text: (row) => roundTrip(row.round_trip_seconds) },
  { name: 'lines', title: 'Lines/min', number: true, value: (row) => row.rate.lines_per_minute, text: (row) => count(row.rate.lines_per_minute) },
  { name: 'out', title: 'Out', number: true, value: (row) => row.bytes_out, text: (row) => bytes(row.bytes_out) },
  ACTIVE,
];

/** @type {import('./table.js').Column[]} */
const BANS = [
  { name: 'who', title: 'Who', value: (row) => bannedWho(row.id), text: (row) => bannedWho(row.id) },
  { name: 'kind', title: 'From', value: (row) => row.kind, text: (row) => FROM[row.kind ?? 'all'] ?? row.kind },
  { name: 'until', title: 'Until', value: (row) => time(row.until), text: (row) => (row.until ? moment(row.until) : 'for good') },
  { name: 'reason', title: 'Reason', value: (row) => row.reason, text: (row) => row.reason || NOTHING },
  { name: 'made', title: 'Made', value: (row) => time(row.created_at), text: (row) => moment(row.created_at) },
];

/** A client's name as far as it told one. @param {any} connection @returns {string | null} */
export function clientOf({ client }) {
  const named = [client?.name, client?.version].filter(Boolean).join(' ');
  return named || browserOf(client?.user_agent ?? '') || client?.terminal || null;
}

/** The part of a browser's name that says which it is. @param {string} agent */
function browserOf(agent) {
  const found = /(?:Edg|OPR|Firefox|Chrome|Version)\/\d+/.exec(agent)?.[0];
  return (found ?? agent).replace('/', ' ').replace('Version', 'Safari').replace('Edg ', 'Edge ').slice(0, 40);
}

/** @param {import('./actions.js').Actions} actions @param {(row: any) => void} open @returns {Kind} */
export function sessionList(actions, open) {
  return {
    name: 'sessions', title: 'Sessions', counted: ['session', 'sessions'], buttons: [],
    choices: [{ name: 'state', label: 'Any state', options: ['dialing', 'login', 'playing', 'held', 'orphaned', 'lingering'] }],
    switches: [{ name: 'same_address', label: 'Same address' }],
    table: {
      caption: 'Sessions in the game', columns: SESSIONS, key: (row) => row.session_id, called, open,
      order: { column: 'user', down: false }, act: { label: 'Kick', run: (row) => actions.kick(row) }, empty: 'No sessions.',
    },
  };
}

/** @param {import('./actions.js').Actions} actions @param {(row: any) => void} open @returns {Kind} */
export function connectionList(actions, open) {
  return {
    name: 'connections', title: 'Connections', counted: ['connection', 'connections'], buttons: [],
    choices: [
      { name: 'state', label: 'Any state', options: ['connecting', 'authenticating', 'authenticated', 'active', 'disconnecting'] },
      { name: 'transport', label: 'Any way', options: ['telnet', 'websocket', 'sse', 'http'] },
    ],
    switches: [],
    table: {
      caption: 'Connections of players', columns: CONNECTIONS, key: (row) => row.connection_id, called, open,
      order: { column: 'user', down: false }, act: { label: 'Cut', run: (row) => actions.cut(row) }, empty: 'No connections.',
    },
  };
}

/** @param {import('./actions.js').Actions} actions @param {HTMLElement} add @returns {Kind} */
export function banList(actions, add) {
  return {
    name: 'bans', title: 'Bans', counted: ['ban', 'bans'], whole: true, buttons: [add], choices: [], switches: [],
    table: {
      caption: 'Who is banned', columns: BANS, key: (row) => `${row.id} ${row.kind}`, called: (row) => `the ban of ${bannedWho(row.id)}`, open: null,
      order: { column: 'who', down: false }, act: { label: 'Lift', run: (row) => actions.lift(row) }, empty: 'Nobody is banned.',
    },
  };
}
