// What the server says, looked at before it is believed: a message is made of what it must have, in
// the types that it must have, or it is nothing.

/** @typedef {{from: number, to: number}} Gap */
/** @typedef {{seq: number, line: string, age_s: number}} Queued */

/**
 * @typedef {object} Grant
 * @property {string} token
 * @property {string} expires_at
 * @property {number} generation
 */

/** @typedef {Grant & {type: 'opened' | 'resumed', session_id: string, connection_id: string,
 *  position: string, input_seen: number, state: string, echo: boolean, user: string | null,
 *  gap: Gap | null, reset: boolean, queued: Queued[]}} Welcome */
/** @typedef {Grant & {type: 'authenticated', user: string | null, session_id: string,
 *  position: string}} Authenticated */
/** @typedef {{type: 'closing', reason: string, message: string, resume: boolean}} Closing */
/** @typedef {{type: 'error', code: string, message: string, expected: number | null,
 *  user: string | null}} Refused */
/**
 * @typedef {Welcome | Authenticated | Closing | Refused
 *  | {type: 'replay', lines: number, missed: number, away_s: number}
 *  | {type: 'output', text: string, position: string | null}
 *  | {type: 'prompt', position: string | null}
 *  | {type: 'echo', on: boolean}
 *  | {type: 'gmcp', package: string, data: any, position: string | null}
 *  | {type: 'live'}
 *  | {type: 'gap', from: number, to: number}
 *  | {type: 'input_ack', seq: number}
 *  | Grant & {type: 'token'}
 *  | {type: 'notice', text: string}
 *  | {type: 'pong', id: string | null}} Message
 */

/** @param {any} value */
const string = (value) => (typeof value === 'string' ? value : null);
/** @param {any} value */
const text = (value) => string(value) ?? '';
/** @param {any} value */
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
/** @param {any} value */
const count = (value) => Math.max(0, Math.trunc(number(value) ?? 0));
/** @param {any} value */
const numbered = (value) => (Number.isSafeInteger(value) && value >= 0 ? value : null);

/** @param {any} m */
function grant(m) {
  return { token: text(m.token), expires_at: text(m.expires_at), generation: count(m.generation) };
}

/** @param {any} value @returns {Gap | null} */
function gap(value) {
  return value && typeof value === 'object' ? { from: count(value.from), to: count(value.to) } : null;
}

/** @param {any} value @returns {Queued[]} */
function queued(value) {
  if (!Array.isArray(value)) return [];
  return value
    .filter((line) => numbered(line?.seq) !== null)
    .map(({ seq, line, age_s }) => ({ seq, line: text(line), age_s: count(age_s) }));
}

/** @param {any} m @param {'opened' | 'resumed'} type @returns {Welcome | null} */
function welcome(m, type) {
  const position = string(m.position);
  const session_id = string(m.session_id);
  if (position === null || session_id === null) return null;
  return {
    type, session_id, position, connection_id: text(m.connection_id), ...grant(m),
    input_seen: count(m.input_seen), state: text(m.state), echo: m.echo !== false,
    user: string(m.user), gap: gap(m.gap), reset: m.reset === true, queued: queued(m.queued),
  };
}

/** @param {any} m @returns {Authenticated | null} */
function authenticated(m) {
  const position = string(m.position);
  const session_id = string(m.session_id);
  if (position === null || session_id === null) return null;
  return { type: 'authenticated', session_id, position, user: string(m.user), ...grant(m) };
}

/** @type {Record<string, (m: any) => Message | null>} */
const READ = {
  opened: (m) => welcome(m, 'opened'),
  resumed: (m) => welcome(m, 'resumed'),
  authenticated,
  replay: (m) => ({ type: 'replay', lines: count(m.lines), missed: count(m.missed), away_s: count(m.away_s) }),
  output: (m) => string(m.text) === null ? null : { type: 'output', text: m.text, position: string(m.position) },
  prompt: (m) => ({ type: 'prompt', position: string(m.position) }),
  echo: (m) => typeof m.on === 'boolean' ? { type: 'echo', on: m.on } : null,
  gmcp: (m) => string(m.package) === null
    ? null : { type: 'gmcp', package: m.package, data: m.data, position: string(m.position) },
  live: () => ({ type: 'live' }),
  gap: (m) => ({ type: 'gap', from: count(m.from), to: count(m.to) }),
  input_ack: (m) => numbered(m.seq) === null ? null : { type: 'input_ack', seq: m.seq },
  token: (m) => string(m.token) ? { type: 'token', ...grant(m) } : null,
  notice: (m) => ({ type: 'notice', text: text(m.text) }),
  pong: (m) => ({ type: 'pong', id: string(m.id) }),
  closing: (m) => ({ type: 'closing', reason: text(m.reason), message: text(m.message), resume: m.resume === true }),
  error: (m) => ({
    type: 'error', code: text(m.code), message: text(m.message), expected: numbered(m.expected),
    user: string(m.user),
  }),
};

/** What a message says, or null where it says nothing that is known. @param {any} message */
export function understand(message) {
  if (!message || typeof message !== 'object' || !Object.hasOwn(READ, message.type)) return null;
  return READ[message.type]?.(message) ?? null;
}
