// The admin page of the program itself: who plays is seen there, kicked, banned and told.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Admin, closeBrowser } from './support/admin.js';
import { violations } from './support/axe.js';
import { Link } from './support/link.js';
import { Program } from './support/program.js';
import { Telnet } from './support/telnet.js';
import { until } from './support/wait.js';

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

after(closeBrowser);

/** A test with mudkeep in front of the demo game. No page may report an error. */
function mudkeep(name, play) {
  test(name, { timeout: 60_000 }, async () => {
    const program = await Program.before('demo', { more: ['telnet', 'admin'] });
    const [ends, admins] = [[], []];
    const open = async ({ url, ...options } = {}) => {
      const made = await Admin.at(url ?? `http://127.0.0.1:${await program.portOf('admin')}/`, options);
      admins.push(made);
      return made;
    };
    const world = {
      program,
      open,
      enter: async (options) => {
        const made = await open(options);
        await made.signIn(program.adminToken);
        await made.sees('Running', '.health');
        return made;
      },
      /** Somebody at the door, from an address of their own. */
      caller: async (from) => {
        const made = await Telnet.to(await program.portOf('telnet'), from);
        ends.push(made);
        return made;
      },
      player: async (called, from) => {
        const made = await world.caller(from);
        await made.enter(called);
        return made;
      },
    };
    try {
      await play(world);
      assert.deepEqual(admins.flatMap(({ problems }) => problems), []);
    } finally {
      for (const thing of [...ends, ...admins, program]) await thing.end();
    }
  });
}

mudkeep('a wrong token is refused and the one of the file lets in', async ({ program, open }) => {
  const admin = await open({ mayFail: true });
  assert.match(program.adminToken, /^[\w-]{43}$/);
  await admin.signIn('A'.repeat(43));
  await admin.sees('The token is not the right one.', '#sign-in');
  await admin.signIn(program.adminToken);
  await admin.sees('Running', '.health');
  await admin.sees('mudkeep 0.1.0', '.health');
  await admin.press('Sign out');
  await admin.knowsNothingOf(program.adminToken);
});

mudkeep('who plays by telnet is seen, and after a kick is gone', async ({ enter, player }) => {
  const admin = await enter();
  await admin.sees('No sessions.', '#sessions');
  const anna = await player('Anna', '127.0.0.7');
  await admin.sees('Anna', '#sessions');
  await admin.sees('127.0.0.7', '#sessions');
  await admin.sees('playing', '#sessions');
  await until('the numbers have her too', async () => /Users\s+1/.test(await admin.text('.numbers')));
  await until('her login is told', async () => /login Anna telnet 127\.0\.0\.7/.test((await admin.text('#events')).replace(/\s+/g, ' ')));
  await admin.rowButton('Kick Anna').click();
  await admin.confirm('Kick', { reason: 'Enough for today' });
  await admin.sees('Anna was kicked.', '#told');
  await until('she is out', () => anna.ended, 1000);
  assert.ok(anna.text.includes('Enough for today'), anna.text.slice(-200));
  await admin.sees('No sessions.', '#sessions');
  await admin.sees('kicked', '#events');
});

mudkeep('a connection that is cut leaves its session, and what is muted does not reach the game', async ({ enter, player }) => {
  const bob = await player('Bob');
  const admin = await enter({ mayFail: true });
  await admin.goTo('connections');
  await admin.press('Bob', '#connections');
  await admin.sees('telnet', '#details');
  await admin.press('Mute …', '#details');
  await admin.confirm('Mute');
  await admin.page.getByRole('button', { name: 'Unmute …' }).waitFor();
  bob.type('say Can you hear me?');
  await admin.press('Say …', '#details');
  await admin.confirm('Say', { text: 'You are muted' });
  await bob.sees('You are muted');
  assert.ok(!bob.text.includes('You say'), 'it went through');
  await admin.press('Extend …', '#details');
  await admin.confirm('Extend', { seconds: '600' });
  await until('it has an end', async () => /\(in (9|10) min\)/.test(await admin.text('#details')));
  await admin.press('Cut …', '#details');
  await admin.confirm('Cut');
  await until('he is cut off', () => bob.ended, 1000);
  await admin.press('Close', '#details');
  await admin.goTo('sessions');
  await admin.sees('held', '#sessions');
});

mudkeep('a ban sends away, keeps out, is listed and lifted', async ({ enter, player, caller }) => {
  const carl = await player('Carl', '127.0.0.9');
  const admin = await enter({ mayFail: true });
  await admin.press('Carl', '#sessions');
  await admin.page.click('#details summary');
  await admin.sees('127.0.0.9 · telnet', '#details-logins');
  await admin.press('Ban …', '#details');
  await admin.confirm('Ban', { what: 'address', reason: 'Spam' });
  await until('he is out', () => carl.ended, 1000);
  await admin.press('Close', '#details');
  await admin.goTo('bans');
  await admin.sees('127.0.0.9', '#bans');
  await admin.sees('Spam', '#bans');
  await admin.sees('banned', '#events');
  const again = await caller('127.0.0.9');
  await until('he is not let in', () => again.ended);
  await admin.sees('ban refused', '#events');
  await admin.page.locator('#bans tbody').getByRole('button').click();
  await admin.confirm('Lift');
  await admin.sees('Nobody is banned.', '#bans');
  await (await caller('127.0.0.9')).sees('By what name are you known?');
  await admin.press('Ban …', '#bans');
  await admin.confirm('Ban', { what: 'network', who: '10.9.8.7/8', kind: 'new', long: '' });
  await admin.sees('10.0.0.0/8', '#bans');
  await admin.sees('making characters', '#bans');
  await admin.sees('for good', '#bans');
});

mudkeep('tokens are revoked, and a drain is announced and called off', async ({ enter, player }) => {
  const anna = await player('Anna');
  const admin = await enter();
  await admin.press('Anna', '#sessions');
  await admin.press('Revoke tokens …', '#details');
  await admin.confirm('Revoke');
  await admin.sees('The tokens of 1 session were revoked.', '#details');
  await admin.press('Close', '#details');
  await admin.press('Drain …', 'header');
  await admin.confirm('Drain', { minutes: '5', text: 'New dragons' });
  await anna.sees('New dragons');
  await admin.sees('Draining', '.health');
  await admin.sees('1 session is left', '#draining');
  await admin.press('Call it off …', '#draining');
  await admin.confirm('Go on');
  await admin.sees('Running', '.health');
  await admin.press('Clean up …', 'header');
  await admin.confirm('Clean up');
  await admin.sees('There was nothing to remove.', '#told');
});

mudkeep('mudkeep restarts, and the page comes back by itself', async ({ program, enter, player }) => {
  let port = await program.portOf('admin');
  const link = await Link.to(() => port);
  const admin = await enter({ mayFail: true, url: link.url });
  await program.kill();
  await admin.sees('mudkeep does not answer; trying again.', '#lost');
  await program.start();
  port = await program.portOf('admin');
  await admin.seesNo('does not answer', '#lost', 15_000);
  await player('Anna');
  await admin.sees('Anna', '#sessions');
  await until('her login is told', async () => /login\s+Anna/.test(await admin.text('#events')), 15_000);
  link.end();
});

mudkeep('on a phone nothing of the real page sticks out, and axe is content', async ({ enter, player }) => {
  await player('Anna', '127.0.0.7');
  await player('Bertram');
  const admin = await enter(PHONE);
  for (const view of ['overview', 'sessions', 'connections', 'bans', 'events']) {
    await admin.goTo(view);
    if (view === 'sessions' || view === 'connections') await admin.sees('Bertram', `#${view}`);
    assert.deepEqual(await admin.overflow(), [0], view);
    assert.deepEqual(await violations(admin), [], view);
  }
});
