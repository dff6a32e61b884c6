// What an action will do, in one sentence.

import { counted, inFull } from './words.js';

/** Who plays, as far as mudkeep knows. @param {{user?: string | null, address?: string | null}} one */
export function called({ user, address }) {
  return user ?? (address ? `a player from ${address}` : 'a player without a name');
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {any} session */
export function kickSentence(session) {
  const { length } = session.connections;
  const closed = length ? ` and ${length === 1 ? 'the connection to it is' : `${counted(length, 'connection', 'connections')} to it are`} closed` : '';
  return `The session of ${called(session)} ends in the game now${closed}.`;
}

/** @param {any} connection */
export function cutSentence(connection) {
  const kept = connection.session_id ? '; the session goes on without it, and the player can come back to it' : '';
  return `This connection of ${called(connection)} is closed now${kept}.`;
}

/** @param {string} user */
export function revokeSentence(user) {
  return `All resume tokens of ${user} stop working: whoever plays goes on, and comes back after that only by logging in.`;
}

/** @param {any} connection @param {'input' | 'output'} name @param {boolean} allowed */
export function permissionSentence(connection, name, allowed) {
  const who = called(connection);
  if (name === 'input') return `What ${who} types on this connection ${allowed ? 'reaches the game again' : 'does not reach the game any more'}.`;
  return allowed ? `${capital(who)} sees the text of the game on this connection again.` : `${capital(who)} sees no text of the game on this connection until you allow it again.`;
}

/** @param {any} connection @param {number} seconds */
export function extendSentence(connection, seconds) {
  const long = inFull(seconds);
  return connection.expires_at ? `This connection of ${called(connection)} may last ${long} longer.`
    : `This connection of ${called(connection)} has no end so far: it will end in ${long}.`;
}

/** @param {number} minutes */
export function drainSentence(minutes) {
  const when = minutes > 0 ? `in ${counted(minutes, 'minute', 'minutes')}, or as soon as nobody plays` : 'at once';
  return `Nobody can log in from now on, everybody who plays is told, and mudkeep ends ${when}.`;
}

/** @typedef {{what: string, who: string, kind: string, long: string, until: string}} Ban */

/** @param {Ban} ban */
export function banSentence({ what, who, kind, long, until }) {
  const name = who.trim() || '…';
  const time = long === 'until' ? `until ${until.replace('T', ' ') || '…'}` : long ? `for ${inFull(Number(long))}` : 'until you lift the ban';
  if (what === 'user') {
    if (kind === 'new') return `Nobody can make a new character of the name ${name} ${time}.`;
    if (kind === 'guest') return `Nobody can come in as the guest ${name} ${time}.`;
    return `${name} cannot come in ${time}, and is sent away at once if playing now.`;
  }
  const from = `Nobody ${what === 'address' ? 'at the address' : 'in the network'} ${name}`;
  if (kind === 'new') return `${from} can make a new character ${time}.`;
  if (kind === 'guest') return `${from} can come in as a guest ${time}.`;
  return `${from} can come in ${time}, and whoever plays from there is sent away at once.`;
}

/** @param {any} ban */
export function liftSentence({ id }) {
  return `The ban of ${bannedWho(id)} is lifted at once.`;
}

/** The name or network in the id of a ban. @param {string} id */
export function bannedWho(id) {
  return id.slice(id.indexOf(':') + 1);
}

/** The network around an address: that of a household or a provider's pool. @param {string} address */
export function networkOf(address) {
  const four = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  if (four) return `${four[1]}.0/24`;
  if (!address.includes(':') || address.includes('.')) return '';
  const [head = '', tail] = address.split('::');
  const [front, back] = [head, tail ?? ''].map((part) => part.split(':').filter((word) => word !== ''));
  const all = tail === undefined ? front : [...(front ?? []), ...Array(Math.max(0, 8 - (front?.length ?? 0) - (back?.length ?? 0))).fill('0'), ...(back ?? [])];
  return `${(all ?? []).slice(0, 4).join(':')}::/64`;
}
