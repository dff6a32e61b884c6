// The web servers that contrib/ has a file for, run with that very file: only ports, names and paths
// in it are changed, and each of these has to be in it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { answers, freePort } from './port.js';
import { run, stop } from './process.js';
import { until } from './wait.js';

const CONTRIB = new URL('../../../contrib/', import.meta.url);
const MUDKEEP = '127.0.0.1:4080';
const SITE = 'mud.example.org';

/** By name: how its file is changed for a test, and how it is run with it. */
export const FRONTS = {
  nginx({ folder, ports, target }) {
    const text = changed('nginx.conf', [
      [`http://${MUDKEEP}`, `http://${target}`],
      ['listen 80;', `listen 127.0.0.1:${ports.plain};`],
      ['listen 443 ', `listen 127.0.0.1:${ports.secure} `],
      [`/etc/ssl/${SITE}.crt`, join(folder, 'certificate')],
      [`/etc/ssl/${SITE}.key`, join(folder, 'key')],
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
    // Only root may say who its workers are.
    const user = userInfo().uid === 0 ? `user ${userInfo().username};` : '';
    const head = `${user} daemon off; pid nginx.pid; events {}\nhttp { access_log off; ${temporary.join(' ')}\n`;
    return {
      program: '/usr/sbin/nginx',
      text: `${head}${text}}`,
      check: (file) => ['-p', folder, '-c', file, '-e', 'error.log', '-t', '-q'],
      args: (file) => ['-p', folder, '-c', file, '-e', 'error.log'],
    };
  },

  HAProxy({ folder, ports, target }) {
    const text = changed('haproxy.cfg', [
      [`server mudkeep ${MUDKEEP} `, `server mudkeep ${target} `],
      ['bind :80\n', `bind 127.0.0.1:${ports.plain}\n`],
      ['bind :443 ', `bind 127.0.0.1:${ports.secure} `],
      [`/etc/haproxy/${SITE}.pem`, join(folder, 'both')],
    ]);
    return {
      program: '/usr/sbin/haproxy',
      text,
      // As the service that the package brings.
      check: (file) => ['-Ws', '-c', '-q', '-f', file],
      args: (file) => ['-db', '-f', file],
    };
  },

  Caddy({ folder, ports, target }) {
    const text = changed('Caddyfile', [
      [`reverse_proxy ${MUDKEEP}`, `reverse_proxy ${target}`],
      // A name of this machine, for which it makes a certificate itself.
      [`\n${SITE} {`, `\nhttps://localhost:${ports.secure} {\n\tbind 127.0.0.1`],
    ]);
    const global = `{\n\tadmin off\n\tskip_install_trust\n\thttp_port ${ports.plain}\n\tstorage file_system ${folder}/caddy\n}\n`;
    return {
      program: '/usr/bin/caddy',
      text: global + text,
      check: (file) => ['validate', '--adapter', 'caddyfile', '--config', file],
      args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
      host: 'localhost',
    };
  },
};

/** A web server with its file, before mudkeep. */
export class Front {
  #child = null;
  #folder = mkdtempSync(join(tmpdir(), 'mudkeep-front-'));

  constructor(name) {
    this.name = name;
  }

  /** Runs it before mudkeep, which listens on the port `target`. */
  async start(target) {
    [this.plain, this.secure] = [await freePort(), await freePort()];
    const ports = { plain: this.plain, secure: this.secure };
    const way = FRONTS[this.name]({ folder: this.#folder, ports, target: `127.0.0.1:${target}` });
    this.host = way.host ?? '127.0.0.1';
    this.#makeCertificate();
    const file = join(this.#folder, 'file');
    writeFileSync(file, way.text);
    const options = { cwd: this.#folder, env: { ...process.env, HOME: this.#folder }, stdio: 'pipe' };
    execFileSync(way.program, way.check(file), options);
    this.#child = run(way.program, way.args(file), { ...options, stdio: 'ignore' });
    await until(`${this.name} listens`, () => answers(this.secure));
    return this;
  }

  async end() {
    await stop(this.#child, 'SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #makeCertificate() {
    const [key, certificate] = [join(this.#folder, 'key'), join(this.#folder, 'certificate')];
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', `/CN=${SITE}`, '-keyout', key, '-out', certificate,
    ], { stdio: 'pipe' });
    writeFileSync(join(this.#folder, 'both'), readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  }
}

/** A file of contrib/ with each of these replaced where it stands. */
function changed(file, changes) {
  let text = readFileSync(new URL(file, CONTRIB), 'utf8');
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `contrib/${file} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}
