// Without a mouse, on a phone, and for eyes that see little: what the page must be for everybody.

import assert from 'node:assert/strict';

import { violations } from './support/axe.js';
import { Game } from './support/game.js';
import { scene } from './support/scene.js';
import { until } from './support/wait.js';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const COLOURS = Array.from({ length: 16 }, (_, n) => `\x1b[${n < 8 ? 30 + n : 82 + n}mcolour ${n}\x1b[0m`).join(' ');
const GAME = { game: () => Game.start((line) => `You do: ${line}\r\n`), settings: 'login.preset = "none"' };

async function start(world, options) {
  const player = await world.newPlayer(options);
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
  return player;
}

scene('axe finds a fault that is planted', GAME, async (world) => {
  const player = await start(world);
  await player.page.evaluate(() => document.querySelector('footer').append(document.createElement('input')));
  const found = await violations(player);
  assert.equal(found.length, 1);
  assert.match(found[0], /^label: <input>/);
});

for (const colorScheme of ['dark', 'light']) {
  scene(`axe has nothing to say about a ${colorScheme} page that plays`, GAME, async (world) => {
    const player = await start(world, { colorScheme });
    world.game.say(`${COLOURS}\r\nhttps://example.org/ \x1b[1z<send>north</send>\r\nthe end\r\n`);
    await player.sees('the end');
    await player.type('look');
    await player.sees('You do: look');
    assert.equal(await player.page.evaluate(() => document.documentElement.dataset.theme), colorScheme);
    assert.deepEqual(await violations(player), []);
    await player.press('Settings');
    assert.deepEqual(await violations(player), []);
  });

  scene(`axe has nothing to say about a ${colorScheme} page that was replaced`, GAME, async (world) => {
    const first = await start(world, { colorScheme });
    const second = await world.newTab(first);
    await second.open();
    await until('the first tab says that it was replaced', () => first.isReplaced());
    assert.deepEqual(await violations(first), []);
    await first.press('Leave it there');
    await first.page.waitForSelector('#bars [data-name="ended"]');
    assert.deepEqual(await violations(first), []);
  });
}

scene('axe has nothing to say about high contrast, a password and a lost link', GAME, async (world) => {
  const player = await start(world, { settings: { contrast: true }, linkMayFail: true });
  world.game.say(`${COLOURS}\r\n\xff\xfb\x01`);
  await player.page.waitForSelector('#password:visible');
  assert.deepEqual(await violations(player), []);
  world.link.lose();
  await player.isTold('Link lost, reconnecting');
  assert.deepEqual(await violations(player), []);
});

/** Where Tab leads, from the field to type in once around. */
async function tabStops(player) {
  const stops = [];
  for (let n = 0; n < 12; n += 1) {
    await player.page.keyboard.press('Tab');
    stops.push(await player.page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim() || document.activeElement.tagName));
  }
  return stops;
}

scene('Tab leads through all that can be pressed, in order', GAME, async (world) => {
  const player = await start(world);
  assert.equal(await player.page.evaluate(() => document.activeElement.id), 'command');
  const stops = await tabStops(player);
  assert.deepEqual(stops.slice(0, 1), ['Send']);
  const round = stops.slice(stops.indexOf('sound-switch'));
  assert.deepEqual(round.slice(0, 5), ['sound-switch', 'settings-open', 'scroller', 'command', 'Send']);
});

scene('Escape closes each dialog, and the focus goes back', GAME, async (world) => {
  const player = await start(world);
  const focus = () => player.page.evaluate(() => document.activeElement.id);
  await player.page.focus('#settings-open');
  await player.page.keyboard.press('Enter');
  await player.page.waitForSelector('#settings[open]');
  await player.page.keyboard.press('Escape');
  await player.page.waitForSelector('#settings', { state: 'hidden' });
  assert.equal(await focus(), 'settings-open');
  await player.page.keyboard.press('k');
  assert.equal(await focus(), 'command');
  assert.equal(await player.page.inputValue('#command'), 'k');
});

scene('Escape leaves the game where it was taken, and the offer stays', GAME, async (world) => {
  const first = await start(world);
  const second = await world.newTab(first);
  await second.open();
  await until('the first tab says that it was replaced', () => first.isReplaced());
  await first.page.bringToFront();
  await first.page.keyboard.press('Escape');
  await until('the dialog is closed', async () => !(await first.isReplaced()));
  assert.equal(await first.bar('ended'), 'You are playing on another connection.');
  assert.equal(await second.status(), 'Connected');
});

scene('the keyboard alone is enough to play, change a setting and log out', GAME, async (world) => {
  const player = await start(world);
  const press = async (...keys) => { for (const key of keys) await player.page.keyboard.press(key); };
  await player.page.keyboard.type('look');
  await press('Enter');
  await player.sees('You do: look');
  await press('ArrowUp');
  assert.equal(await player.page.inputValue('#command'), 'look');
  await press('Escape');
  await player.page.focus('#settings-open');
  await press('Enter');
  await player.page.focus('#settings [name=contrast]');
  await press('Space');
  assert.equal(await player.page.evaluate(() => document.documentElement.dataset.contrast), 'high');
  await player.page.focus('#logout');
  await press('Enter');
  await player.page.waitForSelector('#leave[open]');
  assert.equal(await player.page.evaluate(() => document.activeElement.textContent), 'Stay');
  await press('Escape');
  assert.equal(await player.status(), 'Connected');
});

scene('the switch for sound says whether it is on, and it stays so', GAME, async (world) => {
  const player = await start(world);
  await player.press('Sound off');
  await player.page.getByRole('button', { name: 'Sound on' }).waitFor();
  await player.page.reload();
  await player.press('Sound on');
  await player.page.getByRole('button', { name: 'Sound off' }).waitFor();
});

const SMALL = [[390, 844], [844, 390], [320, 568]];
for (const [width, height] of SMALL) {
  scene(`a screen of ${width} by ${height} shows all without scrolling sideways`, GAME, (world) => fits(world, { width, height }));
}

async function fits(world, viewport) {
  const player = await start(world, { ...PHONE, viewport });
  world.game.say(`${'wide'.repeat(60)}\r\n${COLOURS}\r\nthe end\r\n`);
  await player.sees('the end');
  await fitsThePhone(player);
  await player.page.tap('#settings-open');
  await fitsThePhone(player);
  const dialog = await player.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.getElementById('settings');
    return scrollWidth - clientWidth;
  });
  assert.equal(dialog, 0);
}

async function fitsThePhone(player) {
  const { wide, field } = await player.page.evaluate(() => {
    const { left, right, top, bottom } = document.getElementById('command').getBoundingClientRect();
    const elements = [document.documentElement, document.body, document.getElementById('scroller')];
    return { wide: elements.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth), field: { left, right, top, bottom } };
  });
  const { width, height } = player.page.viewportSize();
  assert.deepEqual(wide, [0, 0, 0]);
  assert.ok(field.left >= 0 && field.right <= width && field.top >= 0 && field.bottom <= height, JSON.stringify(field));
}

scene('a phone with its keyboard out still shows the last line and the field', GAME, async (world) => {
  const player = await start(world, PHONE);
  world.game.say(`${'some text\r\n'.repeat(80)}the end\r\n`);
  await player.sees('the end');
  await player.page.setViewportSize({ width: 390, height: 420 });
  await until('the last line is above the field', () => player.page.evaluate(() => {
    const last = [...document.querySelectorAll('#log .line')].at(-1).getBoundingClientRect();
    const field = document.getElementById('command').getBoundingClientRect();
    return last.bottom <= field.top && last.top > 0 && field.bottom <= 420;
  }));
});

scene('buttons of a phone are big enough for a thumb', GAME, async (world) => {
  const player = await start(world, PHONE);
  const small = await player.page.evaluate(() => Array.from(document.querySelectorAll('button, input, select'))
    .map((one) => [one.id || one.name || one.textContent, one.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && (height < 44 || width < 44)).map(([name]) => name));
  assert.deepEqual(small, []);
});
