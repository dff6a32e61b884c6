// A player's life from the first page to the next login.

import assert from 'node:assert/strict';

import { PASSWORD } from './support/player.js';
import { scene } from './support/scene.js';
import { until } from './support/wait.js';

scene('a player comes, plays, leaves in good order and comes again', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  await anna.isTold('Connected');
  await anna.type('look');
  await until('the quay is seen again', async () => (await anna.count('The Old Quay')) === 2);
  await anna.type('say Is anybody here?');
  await anna.sees('You say, "Is anybody here?"');

  await anna.type('quit');
  await anna.sees('Your choice:');
  await anna.type('0');
  await anna.isTold('Disconnected');
  assert.match(await anna.bar('ended'), /game/);

  await anna.press('Connect again');
  await until('a name is asked for again', async () => (await anna.count('By what name are you known?')) === 2);
  await anna.type('anna');
  await anna.sees('Password:');
  await anna.typePassword();
  await anna.sees('Welcome, Anna.');
});

scene('two players hear each other', {}, async (world) => {
  const anna = await world.newPlayer();
  const bert = await world.newPlayer();
  await anna.enter('Anna');
  await bert.enter('Bert');
  await bert.type('say Good evening, Anna.');
  await anna.sees('Bert says, "Good evening, Anna."');
  await anna.type('tell bert Good evening.');
  await bert.sees('Anna tells you, "Good evening."');
});

scene('a password is left nowhere, neither after it was sent nor after a reload', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  await anna.knowsNothingOf(PASSWORD);
  await anna.type('say now it is stored');
  await anna.sees('You say, "now it is stored"');
  await anna.page.reload();
  await anna.sees('You say, "now it is stored"');
  await anna.knowsNothingOf(PASSWORD);
});

scene('a password that was typed but not sent is gone after a reload', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.open();
  await anna.sees('By what name are you known?');
  await anna.type('Anna');
  await anna.type('y');
  await anna.page.waitForSelector('#password:visible');
  await anna.page.fill('#password', PASSWORD);
  await anna.page.reload();
  await anna.sees('By what name are you known?');
  await anna.knowsNothingOf(PASSWORD);
});
