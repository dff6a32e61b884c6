// A game that says what a test wants. It has no login, and does not speak telnet beyond plain text.

import { createServer } from 'node:net';
import { once } from 'node:events';

export class Game {
  #server;
  #sockets = new Set();
  /** The lines that players have typed. */
  heard = [];

  /** `answers` says what is answered to a line. Without a `port` it takes one that is free. */
  static async start(answers = () => '', port = 0) {
    const game = new Game();
    game.#server = createServer({ noDelay: true }, (socket) => game.#accept(socket, answers));
    game.#server.listen(port, '127.0.0.1');
    await once(game.#server, 'listening');
    return game;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Says it to everybody, a byte a letter. */
  say(text) {
    for (const socket of this.#sockets) socket.write(Buffer.from(text, 'latin1'));
  }

  /** It ends all connections, and takes new ones. */
  hangUp() {
    for (const socket of this.#sockets) socket.end();
  }

  end() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(socket, answers) {
    let rest = '';
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split(/\r\n|\r\0|\n/);
      rest = lines.pop();
      for (const line of lines.map(withoutTelnet)) {
        this.heard.push(line);
        socket.write(answers(line) ?? '');
      }
    });
    socket.write('The game begins.\r\n');
  }
}

/** Commands of three bytes, which is all that is said to a game that agrees to nothing. */
function withoutTelnet(line) {
  return line.replace(/\xff[\xfb-\xfe][^]/g, '');
}

/** So many lines with a number each. */
export function numbered(from, to, word = 'line') {
  let text = '';
  for (let n = from; n <= to; n += 1) text += `${word} ${n} of the tale\r\n`;
  return text;
}
