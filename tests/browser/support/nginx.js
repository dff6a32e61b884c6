// Debian's nginx in front of mudkeep, with what README.md tells an admin to write and nginx's own
// defaults for the rest.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { answers, freePort } from './port.js';
import { run, stop } from './process.js';
import { until } from './wait.js';

const PROGRAM = process.env.NGINX ?? '/usr/sbin/nginx';
const README = new URL('../../../README.md', import.meta.url);

export class Nginx {
  #child = null;
  #folder = mkdtempSync(join(tmpdir(), 'mudkeep-nginx-'));

  /** `target` is mudkeep's port. */
  static async before(target) {
    const nginx = new Nginx();
    nginx.port = await freePort();
    writeFileSync(join(nginx.#folder, 'nginx.conf'), configuration(nginx.port, target));
    await nginx.start();
    return nginx;
  }

  async start() {
    const place = ['-p', this.#folder, '-c', 'nginx.conf', '-e', 'error.log'];
    execFileSync(PROGRAM, [...place, '-t', '-q']);
    this.#child = run(PROGRAM, place, { stdio: 'ignore' });
    await until('nginx listens', () => answers(this.port));
  }

  /** It drops all connections. */
  async stop() {
    await stop(this.#child, 'SIGTERM');
  }

  async end() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** README.md's snippet, with the map that its comment names. */
function configuration(port, target) {
  const snippet = /```nginx\n([^]*?)```/.exec(readFileSync(README, 'utf8'))[1];
  const map = /# (map .*\})/.exec(snippet)[1];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  // Only root may say who its workers are.
  const user = userInfo().uid === 0 ? `user ${userInfo().username};` : '';
  return `${user} daemon off; pid nginx.pid; events {}
    http {
      access_log off; ${temporary.join(' ')}
      ${map}
      server {
        listen 127.0.0.1:${port};
        ${snippet.replace('http://127.0.0.1:4080', `http://127.0.0.1:${target}`)}
      }
    }`;
}
