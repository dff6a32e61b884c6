// mudkeep is gone in the middle of a game, and back.

import assert from 'node:assert/strict';

import { Game } from './support/game.js';
import { scene } from './support/scene.js';
import { until } from './support/wait.js';

const STORED = { settings: 'store.path = "FOLDER/store.redb"' };

scene('a player whose mudkeep was killed is told so, and logs in again', STORED, async (world) => {
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await anna.type('say before the end');
  await anna.sees('You say, "before the end"');
  await world.program.kill();
  await anna.isTold('Link lost, reconnecting');
  await world.program.start();
  await anna.isTold('Disconnected', 15_000);
  assert.equal(await anna.bar('ended'), 'The connection to the game was lost in a restart. Log in again. You were Anna.');
  assert.ok((await anna.text()).includes('You say, "before the end"'));

  await anna.press('Connect again');
  await until('a name is asked for again', async () => (await anna.count('By what name are you known?')) === 2);
  assert.equal(await anna.count('You say, "before the end"'), 1);
  await anna.type('Anna');
  await anna.isTold('Connected');
});

scene('a page that is opened after a restart just offers the login', STORED, async (world) => {
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await anna.page.goto('about:blank');
  await world.program.kill();
  await world.program.start();
  await anna.open();
  await anna.sees('Log in again as Anna.');
  await anna.sees('By what name are you known?');
  await anna.isTold('Connected');
});

scene('a player over events whose mudkeep was killed is told so as well', STORED, async (world) => {
  world.link.refusesWebSockets = true;
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await world.program.kill();
  await anna.isTold('Link lost, reconnecting', 2_000);
  await world.program.start();
  await anna.isTold('Disconnected', 15_000);
  assert.equal(await anna.bar('ended'), 'The connection to the game was lost in a restart. Log in again. You were Anna.');
});

scene('a mudkeep that is stopped in order says so, and its players log in again', STORED, async (world) => {
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await world.program.stop();
  await anna.isTold('Link lost, reconnecting');
  await world.program.start();
  await anna.isTold('Disconnected', 15_000);
  assert.equal(await anna.bar('ended'), 'The connection to the game was lost in a restart. Log in again. You were Anna.');
});

const TALE = { game: () => Game.start(), settings: 'login.preset = "none"' };

async function startTale(world) {
  const player = await world.newPlayer({ linkMayFail: true });
  await player.open();
  await player.sees('The game begins.');
  world.game.say('These are the last words.\r\n');
  return player;
}

const begins = (player, times) => until(`it has begun ${times} times`, async () => (await player.count('The game begins.')) === times);

scene('a game that ends the connection has its last words, and can be entered again', TALE, async (world) => {
  const player = await startTale(world);
  world.game.hangUp();
  await player.isTold('Disconnected');
  await player.sees('These are the last words.');
  assert.equal(await player.bar('ended'), 'The game has ended the connection.');
  await player.press('Connect again');
  await begins(player, 2);
  await player.isTold('Connected');
});

scene('a player whose game is gone waits for it on the page, and is led back', TALE, async (world) => {
  const player = await startTale(world);
  const { port } = world.game;
  world.game.end();
  await player.sees('The link to the game is lost.');
  await player.sees('These are the last words.');
  world.endsWith(await Game.start(() => '', port));
  await begins(player, 2);
  await player.isTold('Connected');
});

scene('a page that is opened while the game is gone says so, and plays when it is back', TALE, async (world) => {
  const { port } = world.game;
  world.game.end();
  const player = await world.newPlayer({ linkMayFail: true });
  await player.open();
  await player.sees('The link to the game is lost.');
  world.endsWith(await Game.start(() => '', port));
  await player.sees('The game begins.');
  await player.isTold('Connected');
});
