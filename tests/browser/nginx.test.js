// Behind Debian's nginx, set up as README.md says and buffering as it does by default.

import assert from 'node:assert/strict';

import { Game, numbered } from './support/game.js';
import { Nginx } from './support/nginx.js';
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

/** nginx before mudkeep, and the network before nginx. */
async function behindNginx(world, { from = '127.0.0.2' } = {}) {
  const nginx = world.endsWith(await Nginx.before(world.program.port));
  const link = await world.newLink(() => nginx.port, { from });
  return { nginx, link };
}

async function start(world, link) {
  const player = await world.newPlayer({ url: link.url, linkMayFail: true });
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
  return player;
}

async function hasHeardAll(player, to) {
  await player.sees(`line ${to} of the tale`);
  const lines = (await player.lines()).filter((line) => /^line \d+ of the tale$/.test(line));
  assert.deepEqual(lines, numbered(1, to).trimEnd().split('\r\n'));
}

for (const way of ['WebSocket', 'events']) {
  scene(`a player behind nginx plays over ${way}, each line at once`, TALE, async (world) => {
    const { link } = await behindNginx(world);
    link.refusesWebSockets = way === 'events';
    const player = await start(world, link);
    for (let n = 1; n <= 3; n += 1) {
      world.game.say(numbered(n, n));
      await player.sees(`line ${n} of the tale`, AT_ONCE_MS);
      await player.type(`step ${n}`);
      await player.sees(`You do: step ${n}`, AT_ONCE_MS);
      await pause(200);
    }
    await hasHeardAll(player, 3);
  });

  scene(`a player over ${way} comes back when nginx was restarted, and has missed nothing`, TALE, async (world) => {
    const { nginx, link } = await behindNginx(world);
    link.refusesWebSockets = way === 'events';
    const player = await start(world, link);
    world.game.say(numbered(1, 5));
    await player.sees('line 5 of the tale');
    await nginx.stop();
    world.game.say(numbered(6, 10));
    await player.type('typed meanwhile');
    await pause(300);
    await nginx.start();
    await player.sees('You do: typed meanwhile', 20_000);
    await player.isTold('Connected');
    world.game.say(numbered(11, 15));
    await hasHeardAll(player, 15);
    assert.deepEqual(world.game.heard, ['typed meanwhile']);
  });
}

scene('the first event of a stream comes through nginx at once', TALE, async (world) => {
  const { link } = await behindNginx(world);
  const hello = { type: 'open', client: 'test', version: '1', columns: 80, rows: 24 };
  const headers = { 'content-type': 'application/json' };
  const welcome = await fetch(new URL('api/session', link.url), { method: 'POST', headers, body: JSON.stringify(hello) });
  const { connection_id: id } = await welcome.json();
  const cookie = welcome.headers.get('set-cookie').split(';')[0];
  const asked = Date.now();
  const stop = new AbortController();
  const events = await fetch(new URL(`api/events/${id}`, link.url), { headers: { cookie }, signal: stop.signal });
  const reader = events.body.getReader();
  let seen = '';
  while (!seen.includes('The game begins.')) seen += new TextDecoder().decode((await reader.read()).value);
  const took = Date.now() - asked;
  stop.abort();
  assert.ok(took < AT_ONCE_MS, `it took ${took} ms`);
});

scene('players behind nginx are told apart by where they come from', ONE_EACH, async (world) => {
  const { nginx, link } = await behindNginx(world);
  await start(world, link);
  const elsewhere = await world.newLink(() => nginx.port, { from: '127.0.0.3' });
  await start(world, elsewhere);
  const crowding = await world.newPlayer({ url: link.url, linkMayFail: true });
  await crowding.open();
  await until('the third is not let in', async () => (await crowding.status()) !== 'Connecting');
  assert.notEqual(await crowding.status(), 'Connected');
  assert.ok(!(await crowding.text()).includes('The game begins.'));
});

scene('nobody is believed who says by himself where he comes from', ONE_EACH, async (world) => {
  const { link } = await behindNginx(world);
  await start(world, link);
  const headers = { 'x-forwarded-for': '127.0.0.9' };
  const liar = await world.newPlayer({ url: link.url, linkMayFail: true, extraHTTPHeaders: headers });
  await liar.open();
  await until('the liar is not let in', async () => (await liar.status()) !== 'Connecting');
  assert.notEqual(await liar.status(), 'Connected');
});
