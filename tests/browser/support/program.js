// mudkeep as it is installed: the program itself, with a folder of its own, on ports that are free.

import { mkdtempSync, readFileSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, stop } from './process.js';
import { until } from './wait.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = process.env.MUDKEEP_PROGRAM ?? join(ROOT, 'target/debug/mudkeep');

export class Program {
  #child = null;
  #folder = mkdtempSync(join(tmpdir(), 'mudkeep-browser-'));

  /**
   * `game` is an address or a port of this machine; FOLDER in `settings`, lines of proxy.toml with
   * dotted keys, is the program's own folder; `http` is what else its listener is told; `more` are
   * the protocols of other listeners.
   */
  static async before(game, { settings = '', http = '', more = [] } = {}) {
    const program = new Program();
    const address = typeof game === 'number' ? `127.0.0.1:${game}` : game;
    const others = more.map((protocol) => `, { protocol = "${protocol}", address = "127.0.0.1:0" }`);
    writeFileSync(program.#file('proxy.toml'), [
      `game.address = "${address}"`,
      `listen = [{ protocol = "http", address = "127.0.0.1:0"${http && `, ${http}`} }${others.join('')}]`,
      ...(more.includes('admin') ? ['admin.token_file = "FOLDER/admin.token"'.replace('FOLDER', program.#folder)] : []),
      'log.level = "warn,mudkeep::server=info"',
      'log.format = "json"',
      settings.replaceAll('FOLDER', program.#folder),
    ].join('\n'));
    await program.start();
    return program;
  }

  async start() {
    const log = openSync(this.#file('log'), 'w');
    this.#child = run(PROGRAM, ['--config', this.#file('proxy.toml')], { stdio: ['ignore', 'ignore', log] });
    closeSync(log);
    this.port = await this.portOf('http');
  }

  /** It is gone at once, as after a power cut. */
  async kill() {
    await stop(this.#child, 'SIGKILL');
  }

  /** It ends in order. */
  async stop() {
    await stop(this.#child, 'SIGTERM');
  }

  async end() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get log() {
    return readFileSync(this.#file('log'), 'utf8');
  }

  #file(name) {
    return join(this.#folder, name);
  }

  /** The port of the listener for a protocol. */
  portOf(protocol) {
    return until(`mudkeep listens for ${protocol}`, () => {
      const line = this.log.split('\n').find((one) => one.includes('"listening') && one.includes(`"protocol":"${protocol}"`));
      return Number(/127\.0\.0\.1:(\d+)/.exec(line ?? '')?.[1] ?? 0);
    });
  }

  /** What opens the admin's listener. */
  get adminToken() {
    return readFileSync(this.#file('admin.token'), 'utf8').trim();
  }
}
