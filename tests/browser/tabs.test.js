// One player in two tabs: one of them plays, the other one says so and keeps still.

import assert from 'node:assert/strict';

import { scene } from './support/scene.js';
import { throughout, until } from './support/wait.js';

/** How long two tabs are watched; an evening's worth with MUDKEEP_BROWSER_LONG. */
const WATCHED_MS = process.env.MUDKEEP_BROWSER_LONG ? 60_000 : 10_000;
const REPLACED_MS = 1_000;

/** Two tabs of Anna's: the first one was replaced by the second. */
async function twoTabs(world) {
  const first = await world.newPlayer();
  await first.enter('Anna');
  const second = await world.newTab(first);
  await second.open();
  await second.isTold('Connected');
  await until('the first tab says that it was replaced', () => first.isReplaced(), REPLACED_MS);
  return [first, second];
}

scene('the tab that was replaced says so, and neither comes back by itself', {}, async (world) => {
  const [first, second] = await twoTabs(world);
  const connections = world.link.webSockets;
  await throughout(WATCHED_MS, async () => {
    assert.ok(await first.isReplaced());
    assert.equal(await first.status(), 'Playing elsewhere');
    assert.equal(await second.status(), 'Connected');
  });
  assert.equal(world.link.webSockets, connections, 'somebody has connected again');
  await second.type('say I am here');
  await second.sees('You say, "I am here"');
});

scene('a replaced tab takes the game back when it is told to', {}, async (world) => {
  const [first, second] = await twoTabs(world);
  await second.type('say out of the second tab');
  await second.sees('You say, "out of the second tab"');
  await first.press('Take it back here');
  await first.isTold('Connected');
  await until('the second tab says that it was replaced', () => second.isReplaced(), REPLACED_MS);
  await first.sees('You say, "out of the second tab"');
  await first.type('say out of the first tab');
  await first.sees('You say, "out of the first tab"');
  assert.equal(await first.count('You say, "out of the second tab"'), 1);
});

scene('a replaced tab that leaves the game there can still take it back', {}, async (world) => {
  const [first, second] = await twoTabs(world);
  await first.press('Leave it there');
  assert.equal(await first.bar('ended'), 'You are playing on another connection.');
  await first.press('Take it back here');
  await first.isTold('Connected');
  await until('the second tab says that it was replaced', () => second.isReplaced(), REPLACED_MS);
});

scene('a replaced tab does not come back when it is looked at or the network returns', {}, async (world) => {
  const [first, second] = await twoTabs(world);
  const connections = world.link.webSockets;
  await first.page.evaluate(() => {
    document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('online'));
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await throughout(1_000, async () => assert.equal(await second.status(), 'Connected'));
  assert.equal(world.link.webSockets, connections, 'somebody has connected again');
});

scene('a second player in another browser takes nobody\'s place', {}, async (world) => {
  const anna = await world.newPlayer();
  const bert = await world.newPlayer();
  await anna.enter('Anna');
  await bert.enter('Bert');
  assert.equal(await anna.status(), 'Connected');
  assert.equal(await anna.isReplaced(), false);
});

scene('a tab that was duplicated is a second tab like any other', {}, async (world) => {
  const anna = await world.newPlayer();
  await anna.enter('Anna');
  const copy = await world.newTab(anna, () => window.open(location.href));
  await copy.isTold('Connected');
  await until('the first tab says that it was replaced', () => anna.isReplaced(), REPLACED_MS);
  await copy.type('say from the copy');
  await copy.sees('You say, "from the copy"');
  await anna.press('Take it back here');
  await anna.isTold('Connected');
  await anna.type('say from the first');
  await anna.sees('You say, "from the first"');
  await until('the copy says that it was replaced', () => copy.isReplaced(), REPLACED_MS);
  assert.equal(await anna.count('You say, "from the copy"'), 1);
});

scene('a player who leaves the page and goes back finds it as it was', {}, async (world) => {
  const anna = await world.newPlayer({ linkMayFail: true });
  await anna.enter('Anna');
  await anna.type('say before');
  await anna.sees('You say, "before"');
  await anna.page.goto('about:blank');
  await anna.page.goBack();
  await anna.isTold('Connected');
  await anna.type('say after');
  await anna.sees('You say, "after"');
  assert.equal(await anna.count('You say, "before"'), 1);
  assert.equal(await anna.count('Welcome, Anna'), 1);
});
