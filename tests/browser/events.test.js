// Where no WebSocket gets through: the page plays over Server-Sent Events, as well as otherwise.

import assert from 'node:assert/strict';

import { Game, numbered } from './support/game.js';
import { scene } from './support/scene.js';
import { until } from './support/wait.js';

const TALE = { game: () => Game.start((line) => `You do: ${line}\r\n`), settings: 'login.preset = "none"' };

async function openWithoutWebSocket(world) {
  world.link.refusesWebSockets = true;
  const player = await world.newPlayer({ linkMayFail: true });
  await player.open();
  return player;
}

async function hasHeardAll(player, to) {
  await player.sees(`line ${to} of the tale`);
  const lines = (await player.lines()).filter((line) => /^line \d+ of the tale$/.test(line));
  assert.deepEqual(lines, numbered(1, to).trimEnd().split('\r\n'));
}

scene('a player without WebSocket makes a character, plays and leaves', {}, async (world) => {
  world.link.refusesWebSockets = true;
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await anna.isTold('Connected');
  assert.ok(world.link.webSockets >= 2, 'a WebSocket was tried first');
  await anna.type('say over events');
  await anna.sees('You say, "over events"');
  await anna.type('quit');
  await anna.sees('Your choice:');
  await anna.type('0');
  await anna.isTold('Disconnected');
});

scene('a stream of events that is cut in mid-flood loses no line and shows none twice', TALE, async (world) => {
  const player = await openWithoutWebSocket(world);
  await player.sees('The game begins.');
  for (let n = 0; n < 4; n += 1) {
    world.game.say(numbered(n * 100 + 1, n * 100 + 100));
    await player.type(`step ${n}`);
    await player.sees(`You do: step ${n}`);
    world.link.cut();
  }
  await hasHeardAll(player, 400);
  assert.deepEqual(world.game.heard, ['step 0', 'step 1', 'step 2', 'step 3']);
});

scene('lines that are typed while the network is gone go out once over events', TALE, async (world) => {
  const player = await openWithoutWebSocket(world);
  await player.sees('The game begins.');
  world.link.lose();
  await player.isTold('Link lost, reconnecting', 2_000);
  await player.type('first');
  await player.type('second');
  world.game.say(numbered(1, 10));
  world.link.back();
  await hasHeardAll(player, 10);
  await until('both are done', () => world.game.heard.length >= 2);
  assert.deepEqual(world.game.heard, ['first', 'second']);
});

scene('a tab over events that was replaced keeps still', TALE, async (world) => {
  const first = await openWithoutWebSocket(world);
  await first.sees('The game begins.');
  const second = await world.newTab(first);
  await second.open();
  await second.isTold('Connected');
  await until('the first tab says that it was replaced', () => first.isReplaced(), 1_000);
  await second.type('here');
  await second.sees('You do: here');
  assert.equal(await second.status(), 'Connected');
  await first.press('Take it back here');
  await first.isTold('Connected');
  await until('the second tab says that it was replaced', () => second.isReplaced(), 1_000);
});
