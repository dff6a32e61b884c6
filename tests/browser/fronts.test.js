// Behind nginx, HAProxy and Caddy with TLS, each with the file that contrib/ has for it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';

import { Front, FRONTS } from './support/fronts.js';
import { Game, numbered } from './support/game.js';
import { scene } from './support/scene.js';
import { pause, until } from './support/wait.js';

const TALE = {
  game: () => Game.start((line) => `You do: ${line}\r\n`),
  settings: 'login.preset = "none"',
  http: 'trusted = ["127.0.0.1"]',
};
const ONE_EACH = { ...TALE, settings: `${TALE.settings}\nlimits.connections_per_address_max = 1` };
/** Buffered text would come only with the next 4 or 8 KiB of it. */
const AT_ONCE_MS = 1_000;
/** Longer than a ping of mudkeep and the time for its answer, 20 and 10 seconds. */
const QUIET_MS = 35_000;

/** A web server with its file from contrib/, before mudkeep. */
function before(world, name) {
  return world.endsWith(new Front(name)).start(world.program.port);
}

/** A player behind it, who comes from an address of this machine. */
async function behind(world, front, { from, ...more } = {}) {
  const link = await world.newLink(() => front.secure, { from });
  const url = `https://${front.host}:${link.port}/`;
  return world.newPlayer({ url, ignoreHTTPSErrors: true, linkMayFail: true, ...more });
}

async function start(player) {
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
}

async function isNotLetIn(player) {
  await player.open();
  await until('the player is not let in', async () => (await player.status()) !== 'Connecting');
  assert.notEqual(await player.status(), 'Connected');
  assert.ok(!(await player.text()).includes('The game begins.'));
}

for (const name of Object.keys(FRONTS)) {
  for (const way of ['WebSocket', 'events']) {
    scene(`a player behind ${name} plays over ${way}, each line at once`, TALE, async (world) => {
      const front = await before(world, name);
      const player = await behind(world, front);
      await player.page.addInitScript(watchWays, way);
      await start(player);
      for (let n = 1; n <= 3; n += 1) {
        world.game.say(numbered(n, n));
        await player.sees(`line ${n} of the tale`, AT_ONCE_MS);
        await player.type(`step ${n}`);
        await player.sees(`You do: step ${n}`, AT_ONCE_MS);
        await pause(200);
      }
      const used = await player.page.evaluate(() => window.waysUsed);
      assert.deepEqual(used, { sockets: Number(way === 'WebSocket'), streams: Number(way === 'events') });
    });
  }

  scene(`players behind ${name} are told apart by where they come from, and not by what they say`, ONE_EACH, async (world) => {
    const front = await before(world, name);
    await start(await behind(world, front, { from: '127.0.0.2' }));
    await start(await behind(world, front, { from: '127.0.0.3' }));
    await isNotLetIn(await behind(world, front, { from: '127.0.0.2' }));
    const extraHTTPHeaders = { 'x-forwarded-for': '127.0.0.9' };
    await isNotLetIn(await behind(world, front, { from: '127.0.0.3', extraHTTPHeaders }));
  });

  scene(`${name} sends a browser that comes without TLS to where it has TLS`, TALE, async (world) => {
    const front = await before(world, name);
    const asked = get({ host: '127.0.0.1', port: front.plain, path: '/play', headers: { host: front.host } });
    const [answer] = await once(asked, 'response');
    answer.resume();
    assert.ok([301, 308].includes(answer.statusCode), `answered ${answer.statusCode}`);
    assert.match(answer.headers.location, /^https:\/\/[^/]+\/play$/);
  });
}

scene('none of them cuts a player off while nothing is said', TALE, async (world) => {
  const fronts = await Promise.all(Object.keys(FRONTS).map((name) => before(world, name)));
  const quiet = await Promise.all(fronts.map(async (front) => {
    const { page } = await behind(world, front);
    await page.goto(`https://${front.host}:${front.secure}/healthz`);
    await page.evaluate(beQuiet);
    return page;
  }));
  await pause(QUIET_MS);
  world.game.say('And then there was a line.\r\n');
  for (const [n, page] of quiet.entries()) {
    const heard = () => page.evaluate(() => window.heard);
    await until(`${fronts[n].name} lets the line through`, async () => Object.values(await heard()).every(({ line }) => line));
    const cuts = Object.entries(await heard()).map(([way, { cuts: count }]) => [way, count]);
    assert.deepEqual(cuts, [['socket', 0], ['stream', 0]], fronts[n].name);
  }
});

/** Runs in the page before all else: counts what carries the play, and lets only one way through. */
function watchWays(way) {
  window.waysUsed = { sockets: 0, streams: 0 };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...options) {
      if (way === 'events') throw new Error('there are no WebSockets here');
      super(...options);
      this.addEventListener('open', () => { window.waysUsed.sockets += 1; });
    }
  };
  const Stream = window.EventSource;
  window.EventSource = class extends Stream {
    constructor(...options) {
      super(...options);
      this.addEventListener('open', () => { window.waysUsed.streams += 1; });
    }
  };
}

/** Runs in a page: two players who say nothing, and what comes of it. */
async function beQuiet() {
  window.heard = { socket: { line: false, cuts: 0 }, stream: { line: false, cuts: 0 } };
  const { socket, stream } = window.heard;
  const listen = (to, data) => { if (data.includes('And then there was a line.')) to.line = true; };
  const open = JSON.stringify({ type: 'open', client: 'test', version: '1', columns: 80, rows: 24 });

  const ws = new WebSocket(`wss://${location.host}/ws`, 'mudkeep.v1');
  ws.onmessage = ({ data }) => listen(socket, data);
  ws.onclose = () => { socket.cuts += 1; };
  await new Promise((resolve, reject) => { ws.onopen = resolve; ws.onerror = reject; });
  ws.send(open);

  const headers = { 'content-type': 'application/json' };
  const welcome = await fetch('/api/session', { method: 'POST', headers, body: open });
  const events = new EventSource(`/api/events/${(await welcome.json()).connection_id}`);
  events.onmessage = ({ data }) => listen(stream, data);
  events.onerror = () => { stream.cuts += 1; };
  await new Promise((resolve) => { events.onopen = resolve; });
}
