// A network that comes and goes: said in words, and nothing is lost, shown twice or done twice.

import assert from 'node:assert/strict';

import { Game, numbered } from './support/game.js';
import { PASSWORD } from './support/player.js';
import { scene } from './support/scene.js';
import { until } from './support/wait.js';

const SAID = /^line \d+ of the tale$/;
/** mudkeep need not know whose game it is. */
const TALE = { game: () => Game.start((line) => `You do: ${line}\r\n`), settings: 'login.preset = "none"' };

/** It hides what is typed by IAC WILL ECHO. */
const HIDE = '\xff\xfb\x01';
const HIDING = { ...TALE, game: () => Game.start(() => '') };

async function startTale(world) {
  const player = await world.newPlayer({ linkMayFail: true });
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
  return player;
}

/** Each line of the tale was shown once, in order. */
async function hasHeardAll(player, to) {
  await player.sees(`line ${to} of the tale`);
  const lines = (await player.lines()).filter((line) => SAID.test(line));
  assert.deepEqual(lines, numbered(1, to).trimEnd().split('\r\n'));
}

async function goOffline(world, player) {
  await player.page.context().setOffline(true);
  world.link.lose();
  await player.isTold('Link lost, reconnecting');
}

async function comeBack(world, player) {
  world.link.back();
  await player.page.context().setOffline(false);
  await player.isTold('Connected');
}

scene('a player who was offline comes back by himself and has missed nothing', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 20));
  await player.sees('line 20 of the tale');
  await goOffline(world, player);
  world.game.say(numbered(21, 40));
  await comeBack(world, player);
  world.game.say(numbered(41, 60));
  await hasHeardAll(player, 60);
});

scene('what is typed offline goes out once, in order, when the link is back', TALE, async (world) => {
  const player = await startTale(world);
  await player.type('before');
  await player.sees('You do: before');
  await goOffline(world, player);
  await player.type('first');
  await player.type('second');
  assert.equal(await player.count('You do: first'), 0);
  await comeBack(world, player);
  await player.sees('You do: second');
  assert.deepEqual(world.game.heard, ['before', 'first', 'second']);
});

scene('what is typed offline survives a reload', TALE, async (world) => {
  const player = await startTale(world);
  world.link.lose();
  await player.isTold('Link lost, reconnecting');
  await player.type('before the reload');
  world.link.back();
  await player.page.reload();
  await player.sees('You do: before the reload');
  assert.deepEqual(world.game.heard, ['before the reload']);
});

scene('a link that is cut again and again in mid-flood loses no line and shows none twice', TALE, async (world) => {
  const player = await startTale(world);
  for (let n = 0; n < 12; n += 1) {
    world.game.say(numbered(n * 100 + 1, n * 100 + 100));
    await player.type(`step ${n}`);
    world.link.cut();
    if (n % 3 === 0) await player.isTold('Connected');
  }
  await hasHeardAll(player, 1200);
  await until('all is done', () => world.game.heard.length >= 12);
  assert.deepEqual(world.game.heard, Array.from({ length: 12 }, (_, n) => `step ${n}`));
});

scene('a machine that slept asks whether its link is alive, and resumes', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 5));
  await player.sees('line 5 of the tale');
  world.link.freeze();
  world.game.say(numbered(6, 10));
  await player.type('typed into the dead link');
  await player.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await hasHeardAll(player, 10);
  await player.sees('You do: typed into the dead link');
  await player.isTold('Connected');
  assert.deepEqual(world.game.heard, ['typed into the dead link']);
});

scene('a link that lives is not given up after a sleep', TALE, async (world) => {
  const player = await startTale(world);
  const connections = world.link.webSockets;
  await player.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  assert.equal(world.link.webSockets, connections);
  assert.equal(await player.status(), 'Connected');
});

scene('who does not want to wait any longer connects at once', TALE, async (world) => {
  const player = await world.newPlayer({ linkMayFail: true });
  await player.page.addInitScript(() => { Math.random = () => 0.9; });
  await player.open();
  await player.isTold('Connected');
  world.link.lose();
  await until('the page says how long it waits', async () => / in [4-9] s/.test(await player.page.textContent('#state')));
  world.link.back();
  await player.press('Now');
  await player.isTold('Connected', 2_000);
});

scene('a password waits for no link: the page says that it was not sent', HIDING, async (world) => {
  const player = await startTale(world);
  world.game.say(HIDE);
  await player.page.waitForSelector('#password:visible');
  world.link.lose();
  await player.isTold('Link lost, reconnecting');
  await player.typePassword();
  await player.sees('There is no connection: the password was not sent.');
  world.link.back();
  await player.isTold('Connected');
  assert.deepEqual(world.game.heard, []);
});

scene('a password that was typed into a dead link is not sent by itself, and the page says so', HIDING, async (world) => {
  const player = await startTale(world);
  world.game.say(HIDE);
  await player.page.waitForSelector('#password:visible');
  world.link.freeze();
  await player.typePassword();
  await player.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await player.sees('A password that you typed may not have arrived.');
  await player.isTold('Connected');
  await player.typePassword();
  await until('the game has it', () => world.game.heard.length > 0);
  assert.deepEqual(world.game.heard, [PASSWORD]);
});

scene('a player who was at the game\'s menu when the link was lost is told that it is over', {}, async (world) => {
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await anna.type('quit');
  await anna.sees('Your choice:');
  world.link.cut();
  await anna.isTold('Disconnected');
  assert.equal(await anna.bar('ended'), 'You have left the game. Log in again.');
});
