// A world for the client module to live in: a clock that stands still until it is moved, storage in
// memory, and a server that says what the test tells it to.

export class Storage {
  items = new Map();
  getItem(name) { return this.items.get(name) ?? null; }
  setItem(name, value) { this.items.set(name, String(value)); }
  removeItem(name) { this.items.delete(name); }
}

export class Clock {
  now = 1_000_000;
  #timers = new Map();
  #next = 1;

  setTimeout = (run, ms) => {
    this.#timers.set(this.#next, { run, at: this.now + ms });
    return this.#next++;
  };

  clearTimeout = (timer) => void this.#timers.delete(timer);

  advance(ms) {
    const until = this.now + ms;
    for (let due = this.#due(until); due; due = this.#due(until)) {
      const [id, { run, at }] = due;
      this.#timers.delete(id);
      this.now = Math.max(this.now, at);
      run();
    }
    this.now = until;
  }

  #due(until) {
    const due = [...this.#timers].filter(([, { at }]) => at <= until);
    return due.sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
  }
}

/** A socket as the page sees it, with the server's end to pull. */
class Socket {
  readyState = 0;
  sent = [];

  constructor(url, protocol, sockets) {
    this.url = url;
    this.protocol = protocol;
    sockets.push(this);
  }

  send(text) { this.sent.push(JSON.parse(text)); }
  close(code) { this.readyState = 3; this.closedWith = code; }

  accept() {
    this.readyState = 1;
    this.onopen?.();
    return this.sent[0];
  }

  say(...messages) {
    for (const message of messages) {
      const data = typeof message === 'string' ? message : JSON.stringify(message);
      this.onmessage?.({ data });
    }
  }

  end(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** What was sent of a type. */
  of(type) { return this.sent.filter((message) => message.type === type); }

  take() { return this.sent.splice(0); }
}

export function welcome(more = {}) {
  return {
    type: 'resumed', session_id: 's1', connection_id: 'c1', token: 't1', generation: 1,
    expires_at: new Date(1_000_000 + 3600_000).toISOString(), position: '1.0', input_seen: 0,
    state: 'playing', echo: true, ...more,
  };
}

export class World {
  clock = new Clock();
  sockets = [];
  localStorage = new Storage();
  sessionStorage = new Storage();
  window = new EventTarget();
  document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  navigator = { onLine: true };
  requests = [];
  sources = [];

  /** The parts of a browser that a tab has of its own are new; what all tabs share stays. */
  newTab() {
    return Object.assign(new World(), { localStorage: this.localStorage, clock: this.clock });
  }

  options(more = {}) {
    const { clock, sockets, requests, sources } = this;
    return {
      url: 'https://mud.example/play/', random: () => 0.5, now: () => clock.now,
      setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout,
      localStorage: this.localStorage, sessionStorage: this.sessionStorage,
      window: this.window, document: this.document, navigator: this.navigator,
      WebSocket: class extends Socket { constructor(url, protocol) { super(url, protocol, sockets); } },
      EventSource: class { constructor(url) { this.url = url; this.readyState = 0; sources.push(this); }
        close() { this.readyState = 2; } },
      fetch: (url, init) => new Promise((resolve, reject) => {
        const body = init.body === undefined ? undefined : JSON.parse(init.body);
        const answer = (status, content = {}) => resolve({
          status, headers: new Map(), text: async () => JSON.stringify(content),
        });
        requests.push({ url, ...init, body, answer, fail: () => reject(new Error('network')) });
      }),
      ...more,
    };
  }

  get socket() { return this.sockets.at(-1); }

  /** The newest socket opens, and is welcomed. */
  greet(more) {
    const hello = this.socket.accept();
    this.socket.say(welcome(more));
    return hello;
  }
}

/** Lets what waits for promises happen. */
export async function settle() {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

/** Everything that a game has said, as `type` and detail. */
export function record(game) {
  const heard = [];
  const types = ['open', 'authenticated', 'output', 'prompt', 'echo', 'gmcp', 'gap', 'reset', 'replay', 'live',
    'notice', 'state', 'replaced', 'closed', 'error', 'queued', 'dropped'];
  for (const type of types) {
    game.addEventListener(type, ({ detail }) => heard.push({ type, ...detail }));
  }
  return Object.assign(heard, { of: (type) => heard.filter((event) => event.type === type) });
}
