// Events in words.

import { bytes, duration, moment, roundTrip } from './words.js';

/** The groups that a filter offers, and the types in each. @type {Record<string, string[]>} */
export const GROUPS = {
  Connections: ['connected', 'disconnected', 'connection_state', 'denied'],
  Sessions: ['session_started', 'session_ended', 'attached', 'detached', 'taken_over', 'resumed', 'left', 'migrated', 'gap'],
  Logins: ['login', 'login_refused', 'login_suspect', 'login_unrecognised', 'token_refused', 'token_reused', 'tokens_revoked'],
  Admins: ['kicked', 'banned', 'unbanned', 'ban_refused', 'permissions', 'extended', 'notice', 'draining', 'drain_cancelled', 'reloaded', 'admin'],
  Game: ['game_lost', 'game_dialled'],
};

/** @type {Record<string, string>} */
const TONES = {
  denied: 'bad', login_refused: 'bad', token_refused: 'bad', token_reused: 'bad', game_lost: 'bad', gap: 'bad', ban_refused: 'bad', login_suspect: 'warn',
  kicked: 'warn', banned: 'warn', unbanned: 'warn', draining: 'warn', taken_over: 'warn', login_unrecognised: 'warn', detached: 'soft',
  disconnected: 'soft', connected: 'soft', connection_state: 'soft', login: 'good', resumed: 'good', session_started: 'good',
};

/** What every event can say, and is told elsewhere than in its words. */
const COMMON = new Set(['seq', 'time', 'type', 'connection_id', 'session_id', 'user', 'address', 'transport']);

/** @param {string} type */
export function tone(type) {
  return TONES[type] ?? '';
}

/** @param {string} type */
export function label(type) {
  return type.replaceAll('_', ' ');
}

/** What there is to say beyond who, where and what kind. @param {Record<string, any>} event */
export function details(event) {
  const { type, from, to, method, path, status, by } = event;
  if (type === 'connection_state') return `${from} → ${to}`;
  if (type === 'admin') return [method, path, status, by && `by ${by}`].filter(Boolean).join(' ');
  return Object.entries(event).flatMap(([name, value]) => (COMMON.has(name) ? [] : detail(name, value))).join(', ');
}

/** @param {string} name @param {any} value @returns {string[]} */
function detail(name, value) {
  if (value === null || value === undefined || value === '') return [];
  if (name === 'seconds' && typeof value === 'number') return [roundTrip(value)];
  if (name.endsWith('seconds') && typeof value === 'number') return [`${label(name.replace(/_?seconds$/, ''))} ${duration(value)}`.trim()];
  if (name.startsWith('bytes') && typeof value === 'number') return [`${bytes(value)} ${label(name.replace(/^bytes_?/, ''))}`.trim()];
  if ((name === 'at' || name === 'until' || name.endsWith('_at')) && typeof value === 'string') return [`${label(name)} ${moment(value)}`];
  if (typeof value === 'boolean') return [value ? label(name) : `not ${label(name)}`];
  return [PLAIN.has(name) ? String(value) : `${label(name)}: ${typeof value === 'object' ? JSON.stringify(value) : value}`];
}

/** Their value says it all. */
const PLAIN = new Set(['reason', 'cause', 'how', 'why', 'outcome', 'kind', 'who', 'ban_reason', 'limit']);

