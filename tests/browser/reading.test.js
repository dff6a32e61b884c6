// The page as a screen reader has it: what things are, what is read out and what is not.

import assert from 'node:assert/strict';

import { Game, numbered } from './support/game.js';
import { listenAloud, saidAloud } from './support/listener.js';
import { scene } from './support/scene.js';
import { pause, until } from './support/wait.js';

const TALE = { game: () => Game.start((line) => `You do: ${line}\r\n`), settings: 'login.preset = "none"' };

async function startTale(world, options) {
  const player = await world.newPlayer({ linkMayFail: true, ...options });
  await player.page.addInitScript(listenAloud);
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
  return player;
}

/** The browser's own accessibility tree, as `role "name"`. */
async function tree(player) {
  const session = await player.page.context().newCDPSession(player.page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const shown = nodes.filter(({ ignored, role }) => !ignored && role);
  return shown.map(({ role, name }) => `${role.value} "${name?.value ?? ''}"`);
}

async function has(player, ...expected) {
  const all = await tree(player);
  for (const one of expected) assert.ok(all.includes(one), `no ${one} in\n${all.join('\n')}`);
}

async function isSaid(player, words, region) {
  await until(`${words} is said aloud`, async () => (await saidAloud(player, region)).includes(words));
}

scene('everything on the page has a role and a name', TALE, async (world) => {
  const player = await startTale(world);
  await has(player, 'log "Game"', 'textbox "Command"', 'button "Send"', 'button "Settings"', 'status ""', 'main ""', 'banner ""', 'region "Text of the game"');
  world.game.say('\xff\xfb\x01');
  await player.page.waitForSelector('#password:visible');
  await has(player, 'textbox "Password"');
  await player.press('Settings');
  await has(player, 'dialog "Settings"', 'combobox "Colours"', 'spinbutton "Size"', 'checkbox "High contrast"', 'slider "Volume"', 'group "Reading aloud"');
});

scene('the dialog of a replaced page says what it is and has the focus', TALE, async (world) => {
  const first = await startTale(world);
  const second = await world.newTab(first);
  await second.open();
  await until('the first tab says that it was replaced', () => first.isReplaced());
  await has(first, 'dialog "You are playing on another connection."', 'button "Take it back here"', 'button "Leave it there"');
  assert.equal(await first.page.evaluate(() => document.activeElement.textContent), 'Take it back here');
});

scene('new lines are read out, once', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say('A dragon comes in.\r\n');
  await isSaid(player, 'A dragon comes in.', 'log');
  await pause(300);
  assert.equal((await saidAloud(player)).split('A dragon comes in.').length, 2);
});

scene('a line that grows is not read out from its beginning each time', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say('It is ');
  await isSaid(player, 'It is', 'log');
  world.game.say('dark.\r\n');
  await isSaid(player, 'dark.', 'log');
  assert.equal((await saidAloud(player, 'log')).split('It is').length, 2);
});

scene('what is shown again in a new tab is summed up and not read out', TALE, async (world) => {
  const first = await startTale(world);
  world.game.say(numbered(1, 12));
  await first.sees('line 12 of the tale');
  const second = await world.newTab(first);
  await second.page.addInitScript(listenAloud);
  await second.open();
  await second.sees('line 12 of the tale');
  await isSaid(second, '13 lines. Press Alt and R to hear them.', 'say-soon');
  assert.ok(!(await saidAloud(second, 'log')).includes('of the tale'), await saidAloud(second));
  await second.page.keyboard.press('Alt+r');
  await isSaid(second, 'line 12 of the tale', 'say-now');
  await pause(400);
  world.game.say('something new\r\n');
  await isSaid(second, 'something new', 'log');
});

/** Runs in the page: it is so much later now. */
function passTime(ms) {
  const { now } = Date;
  Date.now = () => now() + ms;
}

scene('what was missed in a tunnel is summed up and not read out', TALE, async (world) => {
  const player = await startTale(world);
  world.link.lose();
  await isSaid(player, 'Link lost, reconnecting', 'state-words');
  world.game.say(numbered(1, 7));
  await player.page.evaluate(passTime, 12_000);
  world.link.back();
  await player.sees('line 7 of the tale');
  await isSaid(player, '7 lines. Press Alt and R to hear them.', 'say-soon');
  assert.match(await player.bar('away'), /^You were away for 1\d seconds; 7 lines\.$/);
  assert.ok(!(await saidAloud(player, 'log')).includes('of the tale'));
});

scene('what stood there before a reload is not read out', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 5));
  await player.sees('line 5 of the tale');
  await player.page.reload();
  await player.sees('line 5 of the tale');
  await player.isTold('Connected');
  await pause(500);
  assert.ok(!(await saidAloud(player, 'log')).includes('of the tale'));
});

scene('Alt and a digit reads a line, counted from the last one', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 12));
  await player.sees('line 12 of the tale');
  for (let digit = 1; digit <= 9; digit += 1) {
    await player.page.keyboard.press(`Alt+Digit${digit}`);
    const words = `line ${13 - digit} of the tale`;
    await until(`${words} is said`, () => player.page.evaluate((what) => document.getElementById('say-now').textContent === what, words));
  }
});

scene('who wants only prompts, or nothing, hears no more than that', TALE, async (world) => {
  const prompts = await startTale(world, { settings: { announce: 'prompts' } });
  const nothing = await startTale(world, { settings: { announce: 'nothing' } });
  world.game.say('A dragon comes in.\r\n100 hp> \xff\xf9');
  await isSaid(prompts, '100 hp>', 'say-soon');
  await nothing.sees('100 hp>');
  assert.ok(!(await saidAloud(prompts)).includes('dragon'));
  await pause(300);
  assert.doesNotMatch(await saidAloud(nothing), /dragon|100 hp/);
});
