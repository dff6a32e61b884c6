// Makes the pictures in docs/ anew: `node tests/browser/screenshots.js`, after `cargo build`.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { startBrowser } from './support/browser.js';
import { Player } from './support/player.js';
import { Program } from './support/program.js';

const PICTURES = [
  { name: 'desktop', viewport: { width: 720, height: 420 } },
  { name: 'phone', viewport: { width: 360, height: 560 }, isMobile: true, hasTouch: true, colorScheme: 'light' },
];
const PLAYED = ['north', 'say Good evening!', 'look', 'weather'];

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
mkdirSync(folder, { recursive: true });
const browser = await startBrowser();
for (const { name, ...size } of PICTURES) await picture(name, size);
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
