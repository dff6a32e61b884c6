// The network between a page and mudkeep: it can be cut, fall silent, be gone, and refuse WebSockets.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Link {
  #server;
  #pairs = new Set();
  #target;
  #from;
  #gone = false;
  /** WebSockets are answered with 403, as by a web server that does not know them. */
  refusesWebSockets = false;

  /** `target` tells the port; `from` is the address that the other side sees. */
  static async to(target, { from } = {}) {
    const link = new Link();
    link.#target = target;
    link.#from = from;
    link.#server = createServer({ noDelay: true }, (client) => link.#accept(client));
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port() {
    return this.#server.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** All connections break. */
  cut() {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server?.destroy();
    }
  }

  /** All connections break, and none comes about until `back`. */
  lose() {
    this.#gone = true;
    this.cut();
  }

  back() {
    this.#gone = false;
  }

  /** The connections that there are say nothing any more, and do not end. */
  freeze() {
    for (const pair of this.#pairs) {
      pair.frozen = true;
      for (const socket of [pair.client, pair.server]) {
        socket?.unpipe();
        socket?.pause();
      }
    }
  }

  /** How many WebSockets there have been. */
  webSockets = 0;

  end() {
    this.lose();
    this.#server.close();
  }

  #accept(client) {
    const pair = { client, server: null, frozen: false };
    client.on('error', () => {});
    if (this.#gone) return client.resetAndDestroy();
    this.#pairs.add(pair);
    client.on('close', () => {
      this.#pairs.delete(pair);
      if (!pair.frozen) pair.server?.destroy();
    });
    client.once('data', (first) => this.#begin(pair, first));
  }

  #begin(pair, first) {
    const { client } = pair;
    if (/^GET \/ws[ ?]/.test(first.toString('latin1'))) {
      this.webSockets += 1;
      if (this.refusesWebSockets) return client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
    const server = connect({ port: this.#target(), host: '127.0.0.1', localAddress: this.#from, noDelay: true });
    pair.server = server;
    server.on('error', () => client.resetAndDestroy());
    server.on('close', () => { if (!pair.frozen) client.destroy(); });
    server.write(first);
    client.pipe(server);
    server.pipe(client);
  }
}
