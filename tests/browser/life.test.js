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

scene('a browser that keeps nothing plays all the same', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
    }
  });
  await anna.enter('Anna');
  await anna.type('say nothing is kept');
  await anna.sees('You say, "nothing is kept"');
});

scene('a tab whose storage is full plays all the same, and shows no line twice after a reload', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  await anna.page.evaluate(() => {
    let size = 4 * 1024 * 1024;
    for (let n = 0; size > 0; n += 1) {
      try {
        sessionStorage.setItem(`full ${n}`, 'x'.repeat(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  });
  await anna.type('say it is full');
  await anna.sees('You say, "it is full"');
  await anna.page.reload();
  await anna.isTold('Connected');
  await anna.sees('You say, "it is full"');
  assert.equal(await anna.count('You say, "it is full"'), 1);
});

/** Runs in the page: pastes so many lines. */
function paste(count) {
  const data = new DataTransfer();
  data.setData('text/plain', Array.from({ length: count }, (_, n) => `say ${n + 1}`).join('\n'));
  document.getElementById('command').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}

scene('a few lines that are pasted go out in order, many only when that is wanted', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  await anna.page.evaluate(paste, 5);
  await anna.sees('You say, "5"');
  await anna.page.evaluate(paste, 25);
  await anna.page.getByText('You have pasted 25 lines.').waitFor();
  await anna.page.keyboard.press('Escape');
  await anna.page.waitForSelector('#paste', { state: 'hidden' });
  await anna.page.evaluate(paste, 25);
  await anna.press('Send them');
  await anna.sees('You say, "25"');
  const said = (await anna.lines()).flatMap((line) => /You say, "(\d+)"/.exec(line)?.[1] ?? []).map(Number);
  assert.deepEqual(said, [1, 2, 3, 4, 5, ...Array.from({ length: 25 }, (_, n) => n + 1)]);
});

scene('a question that is asked again in the moment in which it was closed is answered once', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  await anna.page.evaluate(`const paste = ${paste}; paste(25); document.getElementById('paste').close(); paste(25)`);
  await anna.press('Send them');
  await anna.sees('You say, "25"');
  await anna.type('say the end');
  await anna.sees('You say, "the end"');
  assert.equal(await anna.count('You say, "25"'), 1);
});

scene('a page that broke its own policy would be found out', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.open();
  await anna.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.broken = 1';
    document.body.append(script);
  });
  await until('it is', () => anna.problems.some((problem) => problem.includes('against the policy: script-src')));
  assert.equal(await anna.page.evaluate(() => window.broken), undefined);
  anna.problems.length = 0;
});
