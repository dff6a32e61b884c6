// Makes the pictures in docs/ anew: `node tests/browser/screenshots.js`, after `cargo build`. That of the
// admin's page takes some minutes: its plots are of what is played meanwhile.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { startBrowser } from './support/browser.js';
import { Player } from './support/player.js';
import { Program } from './support/program.js';
import { Telnet } from './support/telnet.js';
import { pause } from './support/wait.js';

const PICTURES = [
  { name: 'desktop', viewport: { width: 720, height: 420 } },
  { name: 'phone', viewport: { width: 360, height: 560 }, isMobile: true, hasTouch: true, colorScheme: 'light' },
];
const ADMIN_PICTURES = [
  { name: 'admin', viewport: { width: 1280, height: 800 } },
  { name: 'admin-phone', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: 'light' },
];
const PLAYERS = ['Anna', 'Bertram', 'Cecily', 'Dorian', 'Edda', 'Falk', 'Gwen', 'Hal'];
const TURNS = 100;
const PLAYED = ['north', 'say Good evening!', 'look', 'weather'];

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
mkdirSync(folder, { recursive: true });
const browser = await startBrowser();
for (const { name, ...size } of PICTURES) await picture(name, size);
await adminPictures();
await browser.close();

async function picture(name, size) {
  const program = await Program.before('demo');
  const context = await browser.newContext({ colorScheme: 'dark', ...size });
  const player = await Player.in(context, { url: `http://127.0.0.1:${program.port}/` });
  await player.enter('Anna');
  for (const line of PLAYED) {
    await player.type(line);
    await player.page.waitForTimeout(300);
  }
  await player.page.screenshot({ path: `${folder}${name}.png` });
  await context.close();
  await program.end();
}

async function adminPictures() {
  const program = await Program.before('demo', { more: ['telnet', 'admin'] });
  const pages = await Promise.all(ADMIN_PICTURES.map(async ({ name, ...size }) => {
    const page = await (await browser.newContext({ colorScheme: 'dark', ...size })).newPage();
    await page.goto(`http://127.0.0.1:${await program.portOf('admin')}/`);
    await page.fill('#token', program.adminToken);
    await page.press('#token', 'Enter');
    return { name, page };
  }));
  const inBrowser = await Player.in(await browser.newContext(), { url: `http://127.0.0.1:${program.port}/` });
  await inBrowser.enter('Ida');
  const players = [];
  const port = await program.portOf('telnet');
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (turn % 6 === 0 && players.length < PLAYERS.length) {
      const player = await Telnet.to(port, `127.0.${players.length}.${17 + 29 * players.length}`);
      await player.enter(PLAYERS[players.length]);
      players.push(player);
    }
    // More is typed in the middle of it than at its ends.
    const busy = 1 + 3 * Math.sin((Math.PI * turn) / TURNS);
    players.forEach((player, n) => { if (Math.random() * 4 < busy) player.type(PLAYED[(turn + n) % PLAYED.length]); });
    await inBrowser.type(PLAYED[turn % PLAYED.length]);
    await pause(1500);
    if (turn === TURNS - 25) players[2].end();
    if (turn === TURNS - 10) players[5].end();
  }
  for (const { name, page } of pages) {
    await page.bringToFront();
    await pause(4000);
    await page.screenshot({ path: `${folder}${name}.png` });
  }
  players.forEach((player) => player.end());
  await program.end();
}
