// mudkeep is gone in the middle of a game, and back.

import assert from 'node:assert/strict';

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
