// Somebody who plays by telnet, without any option of it.

import { once } from 'node:events';
import { connect } from 'node:net';

import { PASSWORD } from './player.js';
import { until } from './wait.js';

export class Telnet {
  #socket;
  text = '';
  /** The server has ended it. */
  ended = false;

  static async to(port, from) {
    const telnet = new Telnet();
    telnet.#socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    telnet.#socket.on('data', (data) => { telnet.text += data.toString('latin1').replace(/\xff(?:[\xfb-\xfe][^]|\xfa[^]*?\xff\xf0|[^])/g, ''); });
    telnet.#socket.on('error', () => {});
    telnet.#socket.on('close', () => { telnet.ended = true; });
    await once(telnet.#socket, 'connect');
    return telnet;
  }

  type(line) {
    this.#socket.write(`${line}\r\n`);
  }

  async sees(words) {
    await until(`telnet has ${JSON.stringify(words)}`, () => this.text.includes(words));
  }

  /** Makes somebody known to the demo game and enters. */
  async enter(name) {
    for (const [asked, answer] of [
      ['By what name are you known?', name], ['be made known here? (y/n)', 'y'], ['Choose a password:', PASSWORD], ['Type it again:', PASSWORD],
    ]) {
      await this.sees(asked);
      this.type(answer);
    }
    await this.sees(`Welcome, ${name}`);
  }

  end() {
    this.#socket.destroy();
  }
}
