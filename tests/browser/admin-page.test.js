// The admin page in front of a listener that a test can do everything with: thousands of sessions, words
// that want to be more than words, refusals, and no answer at all.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Admin, closeBrowser } from './support/admin.js';
import { AdminStandIn, TOKEN } from './support/admin-stand-in.js';
import { violations } from './support/axe.js';
import { pause, until } from './support/wait.js';

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

after(closeBrowser);

/** A test with a listener; `play` opens pages, none of which may report an error. */
function desk(name, play) {
  test(name, { timeout: 60_000 }, async () => {
    const server = await AdminStandIn.start();
    const admins = [];
    const open = async (options) => {
      const admin = await Admin.at(server.url, options);
      admins.push(admin);
      return admin;
    };
    const enter = async (options) => {
      const admin = await open(options);
      await admin.signIn(TOKEN);
      await admin.page.waitForSelector('#status:not(:empty)', { state: 'attached' });
      return admin;
    };
    try {
      await play({ server, open, enter });
      assert.deepEqual(admins.flatMap(({ problems }) => problems), []);
    } finally {
      for (const admin of admins) await admin.end();
      await server.end();
    }
  });
}

// --- In and out ---------------------------------------------------------------------------------

desk('a wrong token is said, the right one lets in, and signing out forgets it', async ({ server, open }) => {
  server.fill(3);
  const admin = await open({ mayFail: true });
  await admin.signIn('B'.repeat(43));
  await admin.sees('The token is not the right one.', '#sign-in');
  await admin.signIn('two words');
  await admin.sees('This is no token', '#sign-in');
  assert.equal(server.asked.length, 1, 'what cannot be a token is not sent');
  await admin.signIn(` ${TOKEN}\n`);
  await admin.sees('Player1', '#sessions');
  await admin.page.reload();
  await admin.sees('Player1', '#sessions');
  await admin.press('Player1', '#sessions');
  await admin.sees('Session of Player1', '#details');
  await admin.press('Ban …', '#details');
  await admin.press('Cancel', '#ask');
  await admin.press('Close', '#details');
  await admin.press('Sign out');
  await admin.page.waitForSelector('#sign-in:visible');
  await admin.knowsNothingOf(TOKEN);
  await admin.knowsNothingOf('Player1');
  const { length } = server.asked;
  await pause(2500);
  assert.equal(server.asked.length, length, 'nobody asks any more');
});

desk('a token that is not taken any more ends it, with the reason', async ({ server, enter }) => {
  const admin = await enter({ mayFail: true });
  await admin.press('Say …');
  server.token = 'another';
  await admin.sees('The token is not taken any more', '#sign-in');
  assert.equal(await admin.isOpen('ask'), false);
  await admin.signIn('another');
  await admin.page.waitForSelector('#overview:visible');
});

desk('the token is in no address and no cookie, and only in the tab that has it', async ({ server, enter }) => {
  const admin = await enter();
  assert.ok(!JSON.stringify(server.asked).includes(TOKEN));
  const kept = await admin.page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie, location.href]));
  assert.ok(!kept.includes(TOKEN));
  assert.equal(await admin.page.evaluate(() => Object.keys(sessionStorage).length), 1);
});

// --- What is shown ------------------------------------------------------------------------------

desk('the numbers, the plots and the lists show what there is, and go on', async ({ server, enter }) => {
  server.fill(5);
  const admin = await enter();
  await admin.sees('Running', '.health');
  await admin.sees('game at 127.0.0.1:4000', '.health');
  await until('four connections are counted', async () => /Connections\s+4/.test(await admin.text('.numbers')));
  server.fill(1, () => 'Latecomer');
  server.lines = 500;
  await admin.sees('Latecomer', '#sessions');
  const plot = admin.page.getByRole('img', { name: /^Lines: out [\d.]+\/s, in [\d.]+\/s; at most \d+/ });
  await plot.waitFor();
  const drawn = await admin.page.evaluate(() => Array.from(document.querySelectorAll('figure path'), (path) => path.getAttribute('d').length));
  assert.ok(drawn.every((length) => length > 5), drawn.join());
  await admin.page.locator('figure svg').first().hover();
  await until('the plot tells the time of where the pointer is', async () => /\d\d:\d\d:\d\d/.test(await admin.text('figure')));
});

const MARKUP = ['<img src=x onerror="window.broken=1">', '<script>window.broken=1</script>', '"><svg onload=window.broken=1>', '{{7*7}} &lt;b&gt;', '\u202etxt\u0000'];

desk('markup in names, reasons and events is text', async ({ server, enter }) => {
  server.fill(MARKUP.length, (n) => MARKUP[n]);
  server.bans.push({ id: `user:${MARKUP[0]}`, kind: MARKUP[1], until: MARKUP[2], reason: MARKUP[3], created_at: 'never' });
  for (const text of MARKUP) server.tell('login', { user: text, address: text, transport: text, [text]: text });
  server.tell(MARKUP[0], { user: MARKUP[1] });
  const admin = await enter();
  await admin.sees(MARKUP[0], '#sessions');
  assert.deepEqual((await admin.names()).sort(), [...MARKUP].sort());
  await admin.page.selectOption('#events select', '');
  await admin.sees(`${MARKUP[0]} ${MARKUP[1]}`, '#events');
  await admin.goTo('bans');
  await admin.sees(MARKUP[3], '#bans');
  await admin.goTo('sessions');
  await admin.page.locator('#sessions tbody th button').first().click();
  await admin.page.waitForSelector('#details[open]');
  assert.equal(await admin.page.evaluate(() => window.broken), undefined);
  assert.equal(await admin.page.evaluate(() => document.querySelectorAll('main img, main script, dialog img, dialog svg, #desk [onload], #desk [onerror]').length), 0);
});

desk('two thousand sessions come in pages, and filters find what is on another one', async ({ server, enter }) => {
  server.fill(2000);
  const admin = await enter();
  await admin.sees('100 of 2,000, page 1', '#sessions');
  assert.equal((await admin.names()).length, 100);
  await admin.press('More', '#sessions');
  await admin.sees('page 2', '#sessions');
  await until('the second page is there', async () => (await admin.names())[0] === 'Player100');
  await admin.page.fill('#sessions input[type="search"]', 'player11');
  await admin.sees('10 matches in 100 of 2,000, page 2', '#sessions');
  await admin.page.fill('#sessions input[type="search"]', 'user:player1999');
  await until('a user of the last page is found', async () => String(await admin.names()) === 'Player1999');
  await admin.page.fill('#sessions input[type="search"]', '10.0.3.0/24 19');
  await admin.sees('256', '#sessions .heading');
  await admin.page.fill('#sessions input[type="search"]', '');
  await admin.page.selectOption('#sessions select[name="state"]', 'held');
  await admin.sees('100 of 400, page 1', '#sessions');
  await admin.page.check('#sessions input[name="same_address"]');
  await until('it is asked for', () => server.asked.some(({ path, query }) => path === 'sessions' && query.same_address === 'true'));
});

desk('heads sort, and say so', async ({ server, enter }) => {
  server.fill(12);
  const admin = await enter();
  await admin.sees('Player11', '#sessions');
  const head = admin.page.getByRole('columnheader', { name: 'History' });
  await head.getByRole('button').click();
  assert.equal((await admin.names())[0], 'Player11');
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  await head.getByRole('button').click();
  assert.equal((await admin.names())[0], 'Player0');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
});

desk('focus and selection stay where they are while rows come and go', async ({ server, enter }) => {
  server.fill(6);
  const admin = await enter();
  await admin.sees('Player5', '#sessions');
  await admin.rowButton('Kick Player3').focus();
  server.fill(1, () => 'Aaron');
  server.sessions.reverse();
  await admin.sees('Aaron', '#sessions');
  assert.equal(await admin.focus(), 'Kick Player3');
  server.sessions = server.sessions.filter(({ user }) => user !== 'Player3');
  await admin.seesNo('Player3', '#sessions');
  assert.equal(await admin.focus(), 'Player4', 'the row that took its place');
  await admin.page.evaluate(() => getSelection().selectAllChildren(document.querySelector('#sessions tbody td')));
  server.fill(1, () => 'Berta');
  await pause(3500);
  assert.notEqual(await admin.page.evaluate(() => getSelection().toString()), '');
  assert.ok(!(await admin.names()).includes('Berta'));
  await admin.page.evaluate(() => getSelection().removeAllRanges());
  await admin.sees('Berta', '#sessions');
});

desk('a page that nobody looks at asks nothing', async ({ server, enter }) => {
  const admin = await enter();
  const seem = (hidden) => admin.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await seem(true);
  await pause(500);
  const { length } = server.asked;
  await pause(4000);
  assert.equal(server.asked.length, length);
  await seem(false);
  await until('it asks again', () => server.asked.length > length, 1000);
});

// --- What is done -------------------------------------------------------------------------------

desk('nothing is done without a yes, and the dialog says what', async ({ server, enter }) => {
  server.fill(4);
  const admin = await enter();
  await admin.sees('Player1', '#sessions');
  await admin.rowButton('Kick Player1').click();
  await admin.sees('The session of Player1 ends in the game now and the connection to it is closed.', '#ask');
  await admin.press('Cancel', '#ask');
  await admin.rowButton('Kick Player1').click();
  await admin.page.keyboard.press('Escape');
  assert.equal(await admin.focus(), 'Kick Player1');
  assert.deepEqual(server.asked.filter(({ method }) => method !== 'GET'), []);
  await admin.rowButton('Kick Player1').click();
  await admin.confirm('Kick', { reason: ' rude ' });
  await admin.sees('Player1 was kicked.', '#told');
  await admin.seesNo('Player1', '#sessions');
  assert.equal(await admin.isOpen('ask'), false);
  const [{ method, path, query }] = server.asked.filter((one) => one.method !== 'GET');
  assert.deepEqual([method, path.split('/')[0], query], ['DELETE', 'sessions', { reason: 'rude' }]);
});

desk('a connection is looked at, muted, extended, spoken to and cut', async ({ server, enter }) => {
  server.fill(3);
  const admin = await enter({ mayFail: true });
  await admin.goTo('connections');
  await admin.press('Player2', '#connections');
  await admin.sees('Connection of Player2', '#details');
  await admin.sees('Mudlet 4.17', '#details');
  await admin.press('Mute …', '#details');
  await admin.sees('What Player2 types on this connection does not reach the game any more.', '#ask');
  await admin.confirm('Mute');
  await admin.page.getByRole('button', { name: 'Unmute …' }).waitFor();
  await admin.press('Extend …', '#details');
  await admin.sees('it will end in 1 hour', '#ask');
  await admin.confirm('Extend', { seconds: '600' });
  await admin.sees('(in 9 min)', '#details');
  await admin.press('Say …', '#details');
  await admin.confirm('Say', { text: 'Hello' });
  await admin.sees('1 connection was told.', '#details');
  await admin.press('Its session', '#details');
  await admin.sees('Session of Player2', '#details');
  await admin.press('Connection c0de0000', '#details');
  await admin.press('Cut …', '#details');
  await admin.sees('the session goes on without it', '#ask');
  await admin.confirm('Cut');
  await admin.sees('This connection is over.', '#details');
  assert.ok(await admin.page.locator('#details').getByRole('button', { name: 'Cut …' }).isDisabled());
  const { length } = server.asked.filter(({ path }) => /^connections\//.test(path));
  await pause(3500);
  assert.equal(server.asked.filter(({ path }) => /^connections\//.test(path)).length, length, 'what is over is asked for again');
  const done = server.asked.filter(({ method }) => method !== 'GET').map(({ method, path, content }) => [method, path.replace(/^connections\/[^/]*/, 'C'), content]);
  assert.deepEqual(done, [
    ['PATCH', 'C', { permissions: { input: false } }], ['POST', 'C/extend', { seconds: 600 }],
    ['POST', 'notices', { text: 'Hello', connection_id: 'c0de0000-0000-4000-8000-000000000002' }], ['DELETE', 'C', null],
  ]);
});

desk('the last logins are shown on demand, each time of whom it is about', async ({ server, enter }) => {
  server.fill(3);
  const admin = await enter();
  server.logins = [{ time: '2026-01-02T03:04:05.000Z', user: 'Player1', address: '192.0.2.7', transport: 'telnet', how: 'password' }];
  await admin.press('Player1', '#sessions');
  await admin.page.click('#details summary');
  await admin.sees('Player1 192.0.2.7 · telnet · password', '#details');
  await admin.press('Close', '#details');
  await admin.press('Player2', '#sessions');
  assert.ok(!(await admin.page.textContent('#details')).includes('192.0.2.7'));
  await admin.page.click('#details summary');
  await admin.sees('None are known.', '#details');
});

desk('a user, an address and a network are banned, and a ban is lifted', async ({ server, enter }) => {
  server.fill(3);
  const admin = await enter();
  await admin.press('Player1', '#sessions');
  await admin.press('Ban …', '#details');
  await admin.sees('Player1 cannot come in for 1 day', '#ask');
  await admin.confirm('Ban', { reason: 'Rude' });
  await admin.sees('player1 is banned.', '#details');
  await admin.press('Ban …', '#details');
  await admin.page.selectOption('#ask [name="what"]', 'network');
  await admin.sees('Nobody in the network 10.0.0.0/24 can come in for 1 day', '#ask');
  await admin.confirm('Ban', { kind: 'new', long: '' });
  await admin.sees('10.0.0.0/24 is banned.', '#details');
  await admin.press('Close', '#details');
  await admin.goTo('bans');
  await admin.press('Ban …', '#bans');
  await admin.confirm('Ban', { what: 'address', who: '192.0.2.1', long: 'until', until: '2030-01-02T03:04' });
  await admin.sees('192.0.2.1', '#bans');
  await admin.sees('2030-01-02 03:04:00', '#bans');
  await admin.sees('making characters', '#bans');
  await admin.rowButton('Lift the ban of 10.0.0.0/24').click();
  await admin.confirm('Lift');
  await admin.seesNo('10.0.0.0/24', '#bans');
  assert.deepEqual(server.bans.map(({ id }) => id), ['user:player1', 'network:192.0.2.1']);
  await admin.page.fill('#bans input[type="search"]', '192.0');
  await until('bans are filtered', async () => String(await admin.names('bans')) === '192.0.2.1');
});

desk('mudkeep is drained, and goes on after all', async ({ server, enter }) => {
  server.fill(2);
  const admin = await enter();
  await admin.press('Drain …', 'header');
  await admin.sees('mudkeep ends in 10 minutes', '#ask');
  await admin.confirm('Drain', { minutes: '5', text: 'Back soon' });
  await admin.sees('Draining', '.health');
  await admin.sees('2 sessions are left', '#draining');
  await admin.press('Call it off …', '#draining');
  await admin.confirm('Go on');
  await admin.sees('Running', '.health');
  assert.equal(await admin.text('#draining'), '');
});

desk('a refusal is said where it was asked, and nothing typed is lost', async ({ server, enter }) => {
  const admin = await enter({ mayFail: true });
  await admin.press('Say …', 'header');
  server.refusal = [400, { error: { code: 'bad_request', message: 'text is too long' } }];
  await admin.confirm('Say', { text: 'Hello' });
  await admin.sees('mudkeep does not understand this: text is too long.', '#ask');
  assert.equal(await admin.page.inputValue('#ask [name="text"]'), 'Hello');
  server.refusal = null;
  await admin.press('Say', '#ask');
  await admin.sees('0 connections were told.', '#told');
  server.refusal = [503, { error: { code: 'busy', message: 'later' } }];
  await admin.sees('mudkeep is too busy for this: later.', '#refused');
  await admin.sees('mudkeep is too busy for this: later.', '#sessions');
  server.refusal = null;
  await admin.seesNo('too busy', 'body', 15_000);
});

// --- Events -------------------------------------------------------------------------------------

const listed = (admin) => admin.page.evaluate(() => Array.from(document.querySelectorAll('#events li'), ({ textContent }) => textContent.replace(/^\d\d:\d\d:\d\d\s*/, '')));

desk('events come as they happen, of the types that are wanted, and are held back on demand', async ({ server, enter }) => {
  server.tell('login', { user: 'Anna', address: '192.0.2.1', transport: 'telnet', how: 'password' });
  const admin = await enter();
  await until('what was before is shown', async () => String(await listed(admin)) === 'login Anna telnet 192.0.2.1 · password');
  server.tell('connection_state', { from: 'connecting', to: 'active' });
  server.tell('kicked', { user: 'Bob', by: 'session' });
  await admin.sees('kicked Bob', '#events');
  assert.equal((await listed(admin)).length, 2, 'states are not usual');
  await admin.press('Pause', '#events');
  server.tell('login', { user: 'Carl' });
  await admin.sees('paused: 1 new', '#events');
  assert.equal((await listed(admin)).length, 2);
  await admin.press('Pause', '#events');
  assert.match((await listed(admin))[0], /^login Carl/);
  assert.equal((await listed(admin)).length, 3);
  server.tellLost(7);
  await admin.sees('7 lost', '#events');
  await admin.sees('7 events are not known here any more', '#events');
  await admin.page.selectOption('#events select', 'login');
  await until('only logins are left', async () => (await listed(admin)).length === 2);
  await admin.page.selectOption('#events select', '');
  await admin.sees('connecting → active', '#events');
});

desk('a stream that breaks goes on without a gap or a repetition, and only so much is kept', async ({ server, enter }) => {
  const admin = await enter({ mayFail: true });
  for (let n = 1; n <= 10; n += 1) server.tell('login', { user: `User${n}` });
  await admin.sees('User10', '#events');
  server.cutStreams();
  await admin.sees('cut off; trying again', '#events');
  for (let n = 11; n <= 20; n += 1) server.tell('login', { user: `User${n}` });
  await admin.sees('User20', '#events');
  assert.deepEqual(await listed(admin), Array.from({ length: 20 }, (_, n) => `login User${20 - n} `));
  assert.ok(!(await admin.text('#events')).includes('cut off'));
  for (let n = 21; n <= 700; n += 1) server.tell('login', { user: `User${n}` });
  await admin.sees('User700', '#events');
  assert.equal((await listed(admin)).length, 500);
});

desk('a mudkeep that is gone is said, and found again', async ({ server, enter }) => {
  server.fill(2);
  const admin = await enter({ mayFail: true });
  await admin.sees('Player1', '#sessions');
  await server.gone();
  await admin.sees('mudkeep does not answer; trying again.', '#lost');
  await admin.sees('Player1', '#sessions');
  await admin.rowButton('Kick Player1').click();
  await admin.confirm('Kick');
  await admin.sees('mudkeep does not answer.', '#ask');
  await admin.press('Cancel', '#ask');
  await server.back();
  server.fill(1, () => 'Newcomer');
  await admin.sees('Newcomer', '#sessions', 15_000);
  await admin.seesNo('does not answer', '#lost');
});

// --- For everybody ------------------------------------------------------------------------------

desk('by keyboard alone: a session is found, looked at and kicked', async ({ server, enter }) => {
  server.fill(3);
  const admin = await enter({ mayFail: true });
  await admin.sees('Player1', '#sessions');
  const tabTo = async (wanted) => {
    for (let n = 0; n < 60 && (await admin.focus()) !== wanted; n += 1) await admin.page.keyboard.press('Tab');
    assert.equal(await admin.focus(), wanted);
  };
  await tabTo('Player1');
  await admin.page.keyboard.press('Enter');
  await admin.sees('Session of Player1', '#details');
  await tabTo('Kick …');
  await admin.page.keyboard.press('Enter');
  await admin.page.keyboard.type('rude');
  await admin.page.keyboard.press('Enter');
  await admin.sees('This session is over.', '#details');
  await admin.page.keyboard.press('Escape');
  await until('the focus is in the list', () => admin.page.evaluate(() => document.activeElement.closest('#desk') !== null));
});

for (const colorScheme of ['dark', 'light']) {
  desk(`axe has nothing to say about any part of a ${colorScheme} page`, async ({ server, open }) => {
    server.fill(8);
    server.bans.push({ id: 'user:anna', kind: 'all', until: null, reason: 'rude', created_at: new Date().toISOString() });
    for (const type of ['login', 'denied', 'kicked', 'connected']) server.tell(type, { user: 'Anna' });
    const admin = await open({ colorScheme, mayFail: true });
    await admin.signIn('wrong');
    await admin.sees('not the right one');
    assert.deepEqual(await violations(admin), []);
    await admin.signIn(TOKEN);
    await admin.sees('Player1', '#sessions');
    for (const view of ['sessions', 'connections', 'bans']) {
      await admin.goTo(view);
      await admin.page.waitForSelector(`#${view} tbody tr`);
      assert.deepEqual(await violations(admin), [], view);
    }
    await admin.goTo('connections');
    await admin.press('Player1', '#connections');
    assert.deepEqual(await violations(admin), []);
    await admin.press('Ban …', '#details');
    assert.deepEqual(await violations(admin), []);
    await server.gone();
    await admin.press('Ban', '#ask');
    await admin.sees('does not answer', '#ask');
    assert.deepEqual(await violations(admin), []);
    await admin.page.keyboard.press('Escape');
    await admin.page.keyboard.press('Escape');
    assert.deepEqual(await violations(admin), []);
  });
}

desk('on a phone nothing sticks out, all can be touched, and axe is content', async ({ server, open }) => {
  server.fill(8, (n) => `A${'verylongname'.repeat(n)}`);
  server.bans.push({ id: 'network:2001:db8:1111:2222::/64', kind: 'guest', until: null, reason: 'x'.repeat(200), created_at: new Date().toISOString() });
  server.tell('login_refused', { user: 'A'.repeat(100), address: '2001:db8:1111:2222:3333:4444:5555:6666', transport: 'websocket' });
  const admin = await open(PHONE);
  assert.deepEqual(await admin.overflow(), [0]);
  await admin.signIn(TOKEN);
  for (const view of ['overview', 'sessions', 'connections', 'bans', 'events']) {
    await admin.goTo(view);
    if (view !== 'overview') await admin.page.waitForSelector(`#${view} :is(tbody tr, li)`);
    await pause(300);
    assert.deepEqual(await admin.overflow(), [0], view);
    assert.deepEqual(await small(admin), [], view);
    assert.deepEqual(await violations(admin), [], view);
  }
  await admin.goTo('connections');
  await admin.page.locator('#connections tbody th button').last().click();
  await admin.page.waitForSelector('#details[open]');
  assert.deepEqual(await admin.overflow(), [0]);
  await admin.press('Ban …', '#details');
  assert.deepEqual(await admin.overflow(), [0]);
  assert.deepEqual(await violations(admin), []);
});

/** Buttons and fields that a finger misses. */
function small(admin) {
  return admin.page.evaluate(() => Array.from(document.querySelectorAll('button, input:not([type="checkbox"]), select, label:has(input[type="checkbox"])'))
    .filter((one) => one.checkVisibility() && (one.offsetHeight < 40 || one.offsetWidth < 24)).map(({ outerHTML }) => outerHTML.slice(0, 80)));
}
