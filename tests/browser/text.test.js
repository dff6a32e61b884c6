// Text: much of it, text in the middle of a reload, and text that wants to be more than text.

import assert from 'node:assert/strict';

import { Game, numbered } from './support/game.js';
import { scene } from './support/scene.js';
import { pause, throughout, until } from './support/wait.js';

const TALE = { game: () => Game.start(), settings: 'login.preset = "none"\nsession.history = "4MiB"' };
const LINES = 20_000;
const ESC = '\x1b';

async function startTale(world, options) {
  const player = await world.newPlayer(options);
  await player.open();
  await player.sees('The game begins.');
  await player.isTold('Connected');
  return player;
}

async function said(player) {
  return (await player.lines()).filter((line) => /^line \d+ of the tale$/.test(line));
}

scene('a reload in the middle of the text keeps what was shown and shows no line twice', TALE, async (world) => {
  const player = await startTale(world);
  let told = 0;
  const telling = setInterval(() => {
    world.game.say(numbered(told + 1, told + 7));
    told += 7;
  }, 20);
  for (let reloads = 0; reloads < 4; reloads += 1) {
    await pause(400 + reloads * 150);
    await player.page.reload();
  }
  clearInterval(telling);
  await player.sees(`line ${told} of the tale`);
  assert.deepEqual(await said(player), numbered(1, told).trimEnd().split('\r\n'));
});

scene('a reload in the middle of a line and of a colour goes on there', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(`${ESC}[31mred is the beg`);
  await player.sees('red is the beg');
  await player.page.reload();
  await player.isTold('Connected');
  world.game.say(`inning, and the end${ESC}[0m\r\nplain\r\n`);
  await player.sees('plain');
  assert.equal(await player.count('red is the beginning, and the end'), 1);
  const colours = await player.page.evaluate(() => Array.from(document.querySelectorAll('#log .f1'), ({ textContent }) => textContent));
  assert.equal(colours.join(''), 'red is the beginning, and the end');
});

scene('20,000 lines stay fluid', TALE, async (world) => {
  const player = await startTale(world, { settings: { scrollback: LINES } });
  for (let from = 1; from <= LINES; from += 500) {
    world.game.say(numbered(from, from + 499));
    await player.sees(`line ${from + 499} of the tale`);
  }
  assert.equal((await said(player)).length, LINES);
  const typing = player.page.evaluate(keystrokes);
  for (let n = 0; n < 60; n += 1) {
    world.game.say(numbered(n, n, 'row'));
    await pause(25);
  }
  const { latency, frames } = await typing;
  assert.ok(latency.median < 100, `a letter takes ${latency.median} ms to show`);
  assert.ok(latency.worst < 500, `a letter takes ${latency.worst} ms at worst`);
  assert.ok(frames.median < 50, `a frame takes ${frames.median} ms`);
  await isAtTheEnd(player);
});

async function isAtTheEnd(player) {
  const distance = () => player.page.evaluate(() => {
    const { scrollTop, scrollHeight, clientHeight } = document.getElementById('scroller');
    return scrollHeight - scrollTop - clientHeight;
  });
  await until('the end of the text is in sight', async () => (await distance()) < 30, 2_000);
  assert.ok(await player.page.isHidden('#more'));
}

/** Runs in the page: types letters while text comes, and measures. */
async function keystrokes() {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const of = (all) => {
    const sorted = all.sort((a, b) => a - b);
    return { median: Math.round(sorted[Math.floor(sorted.length / 2)]), worst: Math.round(sorted.at(-1)) };
  };
  const field = document.getElementById('command');
  const [latency, frames] = [[], []];
  for (let n = 0; n < 30; n += 1) {
    const at = performance.now();
    field.value += 'x';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    const first = await frame();
    const second = await frame();
    latency.push(performance.now() - at);
    frames.push(second - first);
  }
  field.value = '';
  return { latency: of(latency), frames: of(frames) };
}

const SIZES = [['a desktop', { width: 1000, height: 700 }], ['a phone', { width: 390, height: 844 }]];
for (const [device, viewport] of SIZES) {
  scene(`the page of ${device} follows a flood to its end`, TALE, async (world) => {
    const player = await startTale(world, { viewport, settings: { scrollback: 500 } });
    const long = ' that goes on and on and on, until no phone can show it in less than three lines'.repeat(2);
    for (let n = 1; n <= 120; n += 1) {
      world.game.say(numbered(n * 20, n * 20 + 19, 'row').replaceAll('tale', `tale${n % 3 === 0 ? long : ''}`));
      if (n % 7 === 0) await pause(15);
    }
    world.game.say('the end of it\r\n');
    await player.sees('the end of it');
    await isAtTheEnd(player);
  });
}

scene('who scrolls up in the middle of a flood gets away from its end', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 300));
  await player.sees('line 300 of the tale');
  let told = 300;
  const telling = setInterval(() => world.game.say(numbered(++told, told)), 10);
  await player.page.hover('#scroller');
  for (let turns = 0; turns < 5; turns += 1) await player.page.mouse.wheel(0, -120);
  await player.page.waitForSelector('#more:visible');
  await pause(300);
  clearInterval(telling);
  assert.match(await player.page.textContent('#more'), /new lines/);
});

scene('who reads further up is left there, and told how much is new', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(numbered(1, 300));
  await player.sees('line 300 of the tale');
  await player.page.press('#command', 'PageUp');
  await player.page.press('#command', 'PageUp');
  const place = () => player.page.evaluate(() => document.getElementById('scroller').scrollTop);
  await until('it has scrolled', async () => {
    const before = await place();
    await pause(100);
    return before === (await place());
  });
  const before = await place();
  world.game.say(numbered(301, 320));
  await player.sees('line 320 of the tale');
  assert.equal(await place(), before);
  await player.press(/20 new lines/);
  await player.page.waitForSelector('#more', { state: 'hidden' });
});

const MARKUP = [
  '<script>window.broken = 1</script>', '<img src=x onerror="window.broken = 1">', '<b>bold?</b> &lt;b&gt; &amp;',
  '"><svg onload=window.broken=1>', '<iframe src="javascript:parent.broken=1"></iframe>', '{{7*7}} ${7*7} %s %n',
];

scene('markup and scripts of the game are text', TALE, async (world) => {
  const player = await startTale(world);
  for (const line of MARKUP) world.game.say(`${line}\r\n`);
  world.game.say('the end of it\r\n');
  await player.sees('the end of it');
  const lines = await player.lines();
  for (const line of MARKUP) assert.ok(lines.includes(line), line);
  await isOnlyText(player);
  await player.page.reload();
  await player.sees('the end of it');
  await isOnlyText(player);
});

/** Nothing in the text has run, and there are no elements but those that the page makes of text. */
async function isOnlyText(player) {
  const found = await player.page.evaluate(() => ({
    broken: window.broken ?? null,
    tags: [...new Set(Array.from(document.querySelectorAll('#log *'), ({ tagName }) => tagName))].sort(),
    links: Array.from(document.querySelectorAll('#log a'), ({ href }) => new URL(href).protocol),
    events: Array.from(document.querySelectorAll('#log *')).filter((one) => one.getAttributeNames().some((name) => name.startsWith('on'))).length,
  }));
  assert.equal(found.broken, null);
  assert.ok(found.tags.every((tag) => ['DIV', 'SPAN', 'A', 'BUTTON'].includes(tag)), found.tags.join());
  assert.ok(found.links.every((protocol) => ['http:', 'https:'].includes(protocol)), found.links.join());
  assert.equal(found.events, 0);
}

const JUNK = [
  `${ESC}]0;a title\x07`, `${ESC}]8;;javascript:alert(1)${ESC}\\bad link${ESC}]8;;${ESC}\\`, `${ESC}]8;;data:text/html,x\x07worse link${ESC}]8;;\x07`,
  `${ESC}[999999999999999m`, `${ESC}[38;5;999m${ESC}[38;2;1m${ESC}[;;;;;m`, `${ESC}[2J${ESC}[H${ESC}[1;1H${ESC}[?1049h`, `${ESC}P1$r0m${ESC}\\`,
  `${ESC}[${'1;'.repeat(500)}m`, `${ESC}]52;c;aGFjaw==\x07`, '\x00\x01\x02\x0e\x0f\x7f', `${ESC}c${ESC}#8${ESC}(0`, `${ESC}[31`, `${ESC}[0m`,
];

scene('escape sequences that mean nothing here leave nothing behind', TALE, async (world) => {
  const player = await startTale(world);
  for (const [n, junk] of JUNK.entries()) world.game.say(`<${n}>${junk}</${n}>\r\n`);
  world.game.say(`${ESC}]8;;https://example.org/\x07good link${ESC}]8;;\x07\r\n${ESC}]never ended\r\nthe end of it\r\n`);
  await player.sees('the end of it');
  await isOnlyText(player);
  const text = await player.text();
  for (const [n] of JUNK.entries()) assert.ok(text.includes(`<${n}>`), `${n} is missing`);
  assert.ok(!/[\x00-\x08\x0b-\x1f\x7f]/.test(text), JSON.stringify(/.{0,20}[\x00-\x08\x0b-\x1f\x7f].{0,20}/.exec(text)?.[0]));
  const links = await player.page.evaluate(() => Array.from(document.querySelectorAll('#log a'), ({ href, rel, target }) => [href, rel, target]));
  assert.deepEqual(links, [['https://example.org/', 'noopener noreferrer', '_blank']]);
  assert.notEqual(await player.page.title(), 'a title');
});

scene('tags of a game that has switched them on do no more than they may', TALE, async (world) => {
  const player = await startTale(world);
  const secure = (text) => world.game.say(`${ESC}[1z${text}\r\n`);
  secure('<a href="javascript:window.broken=1">bad</a> <a href="https://example.org/">good</a>');
  secure('<send href="look &text;">looks</send> <send>north</send> <img src=x onerror=window.broken=1>');
  secure('<script>window.broken = 1</script><!ELEMENT x "<b>"> &lt;i&gt; &#60;u&#62; <b onclick="window.broken=1">bold</b>');
  world.game.say(`${ESC}[0z<send href="quit">not secure</send>\r\n${ESC}[6z<a href="https://exa`);
  world.game.say('mple.org/2">split</a>\r\n<never ended\r\nthe end of it\r\n');
  await player.sees('the end of it');
  await isOnlyText(player);
  const buttons = await player.page.evaluate(() => Array.from(document.querySelectorAll('#log button'), ({ textContent, dataset }) => [textContent, dataset.command]));
  assert.deepEqual(buttons, [['looks', 'looks'], ['north', 'north']]);
  assert.ok((await player.text()).includes('<i> <u> bold'));
  await player.page.getByRole('button', { name: 'north' }).click();
  await until('the game hears it', () => world.game.heard.includes('north'));
});

scene('a line of 1 MB neither stops the page nor is lost', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(`${'abcdefghi '.repeat(104_858)}\r\nthe end of it\r\n`);
  await player.sees('the end of it');
  const length = (await player.text()).length;
  assert.ok(length >= 1_048_580, `${length} letters are there`);
  await player.page.fill('#command', 'it still types');
  assert.equal(await player.page.inputValue('#command'), 'it still types');
});

scene('a bell, a wide letter and a lone surrogate harm nothing', TALE, async (world) => {
  const player = await startTale(world);
  world.game.say(Buffer.from('bell\x07 漢字 e\u0301 👩‍👩‍👧 \u202etxt\u202c\r\n').toString('latin1'));
  world.game.say('\xed\xa0\x80\xff\xff\xc3\r\nthe end of it\r\n');
  await player.sees('the end of it');
  assert.equal(await player.count('漢字'), 1);
  await throughout(200, () => player.isTold('Connected'));
});
