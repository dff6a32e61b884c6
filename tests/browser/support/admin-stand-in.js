// An admin listener that a test can do everything with: it has as many sessions as are wanted, says what
// is wanted, and can be gone. It serves the page's own files with the policy that mudkeep has for them.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const FILES = new URL('../../../web/admin/', import.meta.url);
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
  + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const KINDS = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

export const TOKEN = 'A'.repeat(43);

export class AdminStandIn {
  #server;
  #streams = new Set();
  #sockets = new Set();
  #began = Date.now();
  #port = 0;
  #made = 0;
  sessions = [];
  connections = [];
  bans = [];
  events = [];
  logins = [];
  /** What the page has asked for, with its content. */
  asked = [];
  token = TOKEN;
  lines = 0;
  draining = null;
  /** What is answered to everything, as `[status, body]`, in place of the truth. */
  refusal = null;

  static async start() {
    const made = new AdminStandIn();
    await made.back();
    return made;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Sessions with a connection each. @param {number} count */
  fill(count, name = (n) => `Player${n}`) {
    for (const end = this.#made + count; this.#made < end; this.#made += 1) {
      const n = this.#made;
      const id = String(n).padStart(4, '0');
      const [session_id, connection_id] = [`5e550000-0000-4000-8000-00000000${id}`, `c0de0000-0000-4000-8000-00000000${id}`];
      const now = new Date(Date.now() - n * 1000).toISOString();
      const address = `10.0.${n >> 8}.${n & 255}`;
      this.sessions.push({
        session_id, state: n % 5 ? 'playing' : 'held', user: name(n), preset: 'demo', address, connections: n % 5 ? [connection_id] : [],
        created_at: now, last_activity_at: now, held_since: null, expires_at: n % 5 ? null : new Date(Date.now() + 600_000).toISOString(),
        history_bytes: n * 1000, queued_lines: 0, token_families: 1,
      });
      if (n % 5) this.connections.push({
        connection_id, state: 'active', transport: n % 2 ? 'telnet' : 'websocket', subprotocol: null, address, tls: n % 3 === 0, user: name(n),
        session_id, client: { name: 'Mudlet', version: '4.17', user_agent: null, terminal: 'xterm' }, connected_at: now, last_activity_at: now,
        permissions: { input: true, output: true }, rate: { lines_per_minute: n, limit_per_minute: 600, reset_at: now },
        bytes_in: n * 10, bytes_out: n * 1000, lines_in: n, lines_out: n * 10, round_trip_seconds: n % 4 ? n / 10_000 : null, expires_at: null,
      });
    }
  }

  /** Tells all who listen. */
  tell(type, more = {}) {
    const event = { seq: this.events.length + 1, time: new Date().toISOString(), type, ...more };
    this.events.push(event);
    for (const stream of this.#streams) stream.say(event);
  }

  tellLost(lost) {
    for (const { response } of this.#streams) response.write(`event: lost\ndata: {"lost":${lost}}\n\n`);
  }

  /** Streams break, and come about again. */
  cutStreams() {
    for (const { response } of this.#streams) response.destroy();
  }

  /** Nothing answers any more. */
  async gone() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async back() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
  }

  async end() {
    if (this.#server.listening) await this.gone();
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url);
    const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (path[0] !== 'api') return this.#file(path, response);
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const content = pieces.length ? JSON.parse(Buffer.concat(pieces).toString()) : null;
    const query = Object.fromEntries(url.searchParams);
    this.asked.push({ method: request.method, path: path.slice(2).join('/'), query, content });
    const send = (status, body, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    const fail = (status, code, message) => send(status, { error: { code, message } });
    if (request.headers.authorization !== `Bearer ${this.token}`) return fail(401, 'unauthorized', 'a token is needed');
    if (this.refusal) return send(...this.refusal);
    if (path[2] === 'events') return this.#stream(request, query, response);
    const answer = this.#routes(request.method, path.slice(2), query, content);
    if (answer === undefined) return fail(404, 'not_found', 'there is none');
    return answer === null ? send(204) : send(200, answer);
  }

  async #file(path, response) {
    try {
      const name = path[0] || 'index.html';
      const content = await readFile(new URL(name, FILES));
      response.writeHead(200, { 'Content-Type': KINDS[name.split('.').pop()], 'Content-Security-Policy': POLICY });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  #stream(request, { types = '' }, response) {
    const wanted = types === '' ? null : types.split(',');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': hello\n\n');
    const say = (event) => {
      if (wanted && !wanted.includes(event.type)) return;
      response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    const after = Number(request.headers['last-event-id'] ?? this.events.length);
    this.events.filter(({ seq }) => seq > after).forEach(say);
    const stream = { response, say };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
  }

  #routes(method, [name, id, more], query, content) {
    if (name === 'health') return this.#health();
    if (name === 'stats') return { totals: { bytes_in: 1, bytes_out: this.lines * 80, lines_in: Math.round(this.lines / 7), lines_out: this.lines } };
    if (name === 'drain') return this.#drain(method, content);
    if (name === 'last') return { logins: this.logins.filter(({ user }) => user === query.user), complete: true };
    if (name === 'cleanup') return { removed: 0, connections: 0, sessions: 0, bans: 0 };
    if (name === 'notices') return { told: content.user || content.connection_id ? 1 : this.connections.length };
    if (name === 'users' && more === 'tokens') return { revoked: 1 };
    if (name === 'bans') return this.#ban(method, id, query, content);
    if (name === 'sessions' || name === 'connections') return this.#listed(method, name, id, more, query, content);
    return undefined;
  }

  #listed(method, name, id, more, query, content) {
    const key = name === 'sessions' ? 'session_id' : 'connection_id';
    if (!id) return this.#page(name, key, query);
    const found = this[name].find((one) => one[key] === id);
    if (!found) return undefined;
    if (method === 'DELETE') {
      this[name] = this[name].filter((one) => one !== found);
      if (name === 'sessions') this.connections = this.connections.filter(({ session_id }) => session_id !== id);
      this.tell(name === 'sessions' ? 'kicked' : 'disconnected', { user: found.user, address: found.address, by: 'session' });
      return null;
    }
    if (method === 'PATCH') Object.assign(found.permissions, content.permissions);
    if (more === 'extend') found.expires_at = new Date(Date.now() + content.seconds * 1000).toISOString();
    return found;
  }

  #page(name, key, { limit = 100, after, user, address, state, transport }) {
    const is = (one, field, wanted) => !wanted || String(one[field]).toLowerCase() === wanted.toLowerCase();
    const all = this[name].filter((one) => is(one, 'user', user) && is(one, 'state', state) && is(one, 'transport', transport)
      && (!address || (address.includes('/') ? one.address.startsWith(address.replace(/0\/\d+$/, '')) : one.address === address)));
    const begin = after ? all.findIndex((one) => one[key] === after) + 1 : 0;
    const page = all.slice(begin, begin + Number(limit));
    return { [name]: page, total: all.length, next: begin + page.length < all.length ? page.at(-1)[key] : null };
  }

  #ban(method, id, { kind }, content) {
    if (method === 'GET') return { bans: this.bans };
    if (method === 'DELETE') {
      this.bans = this.bans.filter((ban) => ban.id !== id || ban.kind !== kind);
      return null;
    }
    const { user, network, for_seconds, until = null, reason = '' } = content;
    const ban = {
      id: user ? `user:${user.toLowerCase()}` : `network:${network}`, kind: content.kind ?? 'all', reason, created_at: new Date().toISOString(),
      until: for_seconds ? new Date(Date.now() + for_seconds * 1000).toISOString() : until,
    };
    this.bans.push(ban);
    this.tell('banned', { who: ban.id, kind: ban.kind, until: ban.until, ban_reason: reason });
    return ban;
  }

  #drain(method, content) {
    if (method === 'POST') this.draining = new Date(Date.now() + content.in_seconds * 1000).toISOString();
    if (method === 'DELETE') this.draining = null;
    return method === 'DELETE' ? null : { draining: this.draining !== null, at: this.draining, sessions: this.sessions.length };
  }

  #health() {
    return {
      status: this.draining ? 'draining' : 'ok', version: '0.1.0', build: { version: '0.1.0', profile: 'release', target: '' },
      uptime_seconds: (Date.now() - this.#began) / 1000, started_at: new Date(this.#began).toISOString(),
      active_connections: this.connections.length, users_with_connections: this.connections.length, sessions: this.sessions.length,
      memory_bytes: 23_456_789, history_bytes: this.sessions.length * 4000, game: { address: '127.0.0.1:4000', answers: true },
    };
  }
}
