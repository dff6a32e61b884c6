import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Mudkeep } from '../mudkeep.js';
import { CAPS_S } from '../mudkeep/backoff.js';
import { record, settle, welcome, World } from './world.js';

function play(world = new World(), more = {}) {
  const game = new Mudkeep(world.options(more));
  const heard = record(game);
  game.connect();
  return { world, game, heard };
}

const output = (text, position) => ({ type: 'output', text, position });

test('a first visit opens a session over the subprotocol', () => {
  const { world, heard } = play(new World(), { columns: 100, rows: 30, gmcp: ['Char 1'] });
  assert.equal(world.socket.url, 'wss://mud.example/play/ws');
  assert.equal(world.socket.protocol, 'mudkeep.v1');
  const hello = world.greet({ type: 'opened', state: 'login' });
  assert.deepEqual(hello, {
    type: 'open', client: 'mudkeep.js', version: '0.1.0', columns: 100, rows: 30, gmcp: ['Char 1'],
  });
  world.socket.say(output('Name: ', '1.6'));
  assert.equal(heard.of('output')[0].text, 'Name: ');
  assert.deepEqual(heard.of('state').map(({ state }) => state), ['connecting', 'connected']);
});

test('a welcome is answered at once by an ack and a token_ack, before any line', () => {
  const { world, game } = play();
  game.send('look');
  world.greet({ type: 'opened', position: '1.0' });
  const types = world.socket.sent.map(({ type }) => type);
  assert.deepEqual(types, ['open', 'ack', 'token_ack', 'input']);
});

test('a lost link is resumed from the position with the newest token', () => {
  const { world } = play();
  world.greet({ type: 'opened' });
  world.socket.say(output('a', '1.1'), { type: 'token', token: 't2', generation: 2, expires_at: '' });
  world.socket.end();
  world.clock.advance(0);
  const hello = world.socket.accept();
  assert.equal(hello.type, 'resume');
  assert.equal(hello.token, 't2');
  assert.equal(hello.position, '1.1');
  assert.equal('replay' in hello, false);
  assert.equal(hello.takeover, false, 'nobody asked for it: the player may be elsewhere');
});

test('what the socket before said late is not heard', () => {
  const { world, heard } = play();
  world.greet({ type: 'opened' });
  const old = world.socket;
  old.end();
  world.clock.advance(0);
  old.say(output('late', '1.4'));
  world.greet();
  assert.equal(heard.of('output').length, 0);
});

test('lines that were not done go out again under their numbers, the others do not', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  ['one', 'two', 'three'].forEach((line) => game.send(line));
  world.socket.say({ type: 'input_ack', seq: 1 });
  world.socket.end();
  world.clock.advance(0);
  game.send('four');
  world.greet({ input_seen: 2 });
  assert.deepEqual(world.socket.of('input').map(({ seq, line }) => [seq, line]), [[3, 'three'], [4, 'four']]);
});

test('what was typed while the link was lost goes out once', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  world.socket.end();
  game.send('north');
  world.clock.advance(0);
  world.greet();
  assert.deepEqual(world.socket.of('input'), [{ type: 'input', seq: 1, line: 'north' }]);
  world.socket.end();
  world.clock.advance(5000);
  world.greet({ input_seen: 1 });
  assert.deepEqual(world.socket.of('input'), []);
});

test('only so many lines wait', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  world.socket.end();
  const taken = Array.from({ length: 200 }, (_, i) => game.send(`line ${i}`));
  assert.equal(taken.filter(Boolean).length, 100);
});

test('a password does not wait, and is not sent again, and that is said', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened', echo: false });
  assert.equal(game.send('sesame'), true);
  world.socket.end();
  assert.equal(game.send('sesame'), false);
  assert.equal(JSON.stringify([...world.sessionStorage.items]).includes('sesame'), false);
  world.clock.advance(0);
  world.greet({ input_seen: 0 });
  game.send('look');
  assert.deepEqual(world.socket.of('input'), [{ type: 'input', seq: 1, line: 'look' }]);
});

test('a reload goes on with the token and the place of its tab', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  world.socket.say(output('a', '1.5'));
  game.send('look');
  world.window.dispatchEvent(new Event('pagehide'));
  play(world, { position: '1.3' });
  const hello = world.greet({ input_seen: 0 });
  assert.equal(hello.token, 't1');
  assert.equal(hello.position, '1.3', 'the place that the page knows it has the text of');
  assert.deepEqual(world.socket.of('input'), [{ type: 'input', seq: 1, line: 'look' }]);
});

test('a page that kept no text asks for a screenful', () => {
  const { world } = play();
  world.greet({ type: 'opened' });
  play(world);
  const hello = world.socket.accept();
  assert.equal(hello.replay, 'screen');
  assert.equal('position' in hello, false);
});

test('with the token of another tab, lines are numbered after input_seen and none is sent again', () => {
  const first = play();
  first.world.greet({ type: 'opened' });
  first.game.send('look');
  const second = play(first.world.newTab());
  const hello = second.world.greet({ token: 't2', generation: 2, input_seen: 7, connection_id: 'c2' });
  assert.equal(hello.token, 't1');
  second.game.send('north');
  assert.deepEqual(second.world.socket.of('input'), [{ type: 'input', seq: 8, line: 'north' }]);

  // The first tab lost its link meanwhile; the token that it knows is not good any more.
  first.world.clock.advance(10);
  second.world.socket.say({ type: 'token', token: 't3', generation: 3, expires_at: '' });
  first.world.socket.end();
  first.game.send('south');
  first.world.clock.advance(0);
  const again = first.world.greet({ token: 't4', generation: 4, input_seen: 9 });
  assert.equal(again.token, 't3');
  assert.deepEqual(first.world.socket.of('input'), [{ type: 'input', seq: 10, line: 'south' }]);
});

test('after a reset nothing that was not acknowledged is sent, and it is said', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened' });
  game.send('look');
  world.socket.end();
  world.clock.advance(0);
  world.greet({ reset: true, position: '2.0' });
  assert.deepEqual(world.socket.of('input'), []);
  assert.equal(heard.of('dropped')[0].lines, 1);
  assert.equal(heard.of('reset').length, 1);
});

test('a second resumed moves to another session: what it refuses of the lines underway is typed anew', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened', state: 'login', echo: false });
  game.send('sesame');
  world.socket.say({ type: 'echo', on: true });
  ['one', 'two', 'three'].forEach((line) => game.send(line));
  world.socket.take();
  world.socket.say(welcome({ session_id: 's2', token: 'u1', position: '9.0', input_seen: 4 }));
  assert.deepEqual(world.socket.take(), [
    { type: 'ack', position: '9.0' }, { type: 'token_ack', generation: 1 }, { type: 'ping', id: 'sorted' },
  ]);
  game.send('four');
  const refused = { type: 'error', code: 'not_acknowledged', message: '' };
  world.socket.say(refused, refused);
  assert.deepEqual(world.socket.sent, []);
  world.socket.say({ type: 'pong', id: 'sorted' });
  assert.deepEqual(world.socket.sent.map(({ seq, line }) => [seq, line]), [[5, 'two'], [6, 'three'], [7, 'four']]);
  assert.equal(heard.of('open').at(-1).same, false);
});

test('a line that is not acknowledged goes out again after the ack', () => {
  const { world, game } = play();
  world.greet({ type: 'opened', position: '9.0' });
  game.send('look');
  world.socket.take();
  world.socket.say({ type: 'error', code: 'not_acknowledged', message: '' });
  assert.deepEqual(world.socket.sent, [{ type: 'ack', position: '9.0' }, { type: 'input', seq: 1, line: 'look' }]);
});

test('being let in brings a new token, and an ack of the new place', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened', state: 'login' });
  world.socket.take();
  world.socket.say({ type: 'authenticated', user: 'Ann', session_id: 's2', token: 'a1', generation: 1, expires_at: '', position: '2.0' });
  assert.deepEqual(world.socket.sent, [{ type: 'ack', position: '2.0' }, { type: 'token_ack', generation: 1 }]);
  assert.equal(game.user, 'Ann');
  assert.equal(heard.of('authenticated')[0].user, 'Ann');
  assert.equal(JSON.parse(world.localStorage.getItem('mudkeep:token:https://mud.example/play/')).token, 'a1');
});

test('a hole in the numbers is filled from the line that is expected', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  game.send('one');
  game.send('two');
  world.socket.take();
  world.socket.say({ type: 'error', code: 'input_gap', expected: 2, message: '' });
  assert.deepEqual(world.socket.sent, [{ type: 'input', seq: 2, line: 'two' }]);
  world.socket.take();
  world.socket.say({ type: 'error', code: 'input_gap', expected: 9, message: '' });
  assert.deepEqual(world.socket.of('input').map(({ seq }) => seq), [9, 10]);
});

test('a server that never agrees on numbers is not argued with for ever', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  game.send('one');
  world.socket.take();
  for (let i = 0; i < 50; i += 1) world.socket.say({ type: 'error', code: 'input_gap', expected: 1, message: '' });
  assert.ok(world.socket.sent.length <= 5, `${world.socket.sent.length} lines`);
});

test('acks go out each second and every 16 KiB, not more often', () => {
  const { world } = play();
  world.greet({ type: 'opened' });
  world.socket.take();
  world.socket.say(output('a', '1.1'), output('b', '1.2'));
  assert.deepEqual(world.socket.sent, []);
  world.clock.advance(1000);
  assert.deepEqual(world.socket.take(), [{ type: 'ack', position: '1.2' }]);
  world.clock.advance(5000);
  assert.deepEqual(world.socket.sent, []);
  world.socket.say(output('x'.repeat(17_000), '1.17002'));
  assert.deepEqual(world.socket.sent, [{ type: 'ack', position: '1.17002' }]);
});

test('the token is renewed before it expires', () => {
  const { world } = play();
  world.greet({ type: 'opened' });
  world.clock.advance(44 * 60_000);
  assert.equal(world.socket.of('refresh').length, 0);
  world.clock.advance(2 * 60_000);
  assert.equal(world.socket.of('refresh').length, 1);
});

for (const reason of ['game_closed', 'game_unreachable', 'logged_out', 'kicked', 'expired', 'banned', 'refused', 'idle']) {
  test(`after closing ${reason} without resume nobody comes back`, () => {
    const { world, game, heard } = play();
    world.greet({ type: 'opened' });
    world.socket.say({ type: 'closing', reason, message: 'over', resume: false });
    world.socket.end(1000);
    world.clock.advance(3600_000);
    world.window.dispatchEvent(new Event('online'));
    assert.equal(world.sockets.length, 1);
    assert.deepEqual(game.state, { state: 'ended', reason, message: 'over' });
    assert.equal(heard.of('closed').length, 1);
    assert.equal(world.localStorage.getItem('mudkeep:token:https://mud.example/play/'), null);
    assert.equal(game.send('look'), false);
  });
}

for (const [code, reason] of [[1000, ''], [1008, ''], [1009, ''], [4401, '']]) {
  test(`after close ${code} nobody comes back by himself`, () => {
    const { world, game } = play();
    world.greet({ type: 'opened' });
    world.socket.end(code, reason);
    world.clock.advance(3600_000);
    assert.equal(world.sockets.length, 1);
    assert.equal(game.state.state, 'ended');
    game.connect();
    assert.equal(world.sockets.length, 2, 'but when asked to');
  });
}

test('who is replaced stays away, and can take the game back with its token', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened' });
  world.socket.end(1000, 'New connection established');
  world.clock.advance(3600_000);
  world.document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(world.sockets.length, 1);
  assert.equal(game.state.state, 'replaced');
  assert.equal(heard.of('replaced').length, 1);
  game.takeBack();
  const hello = world.socket.accept();
  assert.equal(hello.token, 't1');
  assert.equal('takeover' in hello, false, 'the player asked for it');
});

for (const code of [1001, 1006, 1012, 1013, 4408]) {
  test(`after close ${code} the session is resumed`, () => {
    const { world, game } = play();
    world.greet({ type: 'opened' });
    world.socket.end(code);
    assert.equal(game.state.state, 'reconnecting');
    world.clock.advance(11_000);
    assert.equal(world.socket.accept().type, 'resume');
  });
}

test('a stored token that opens nothing any more is forgotten, and a new session opened', () => {
  const { world } = play();
  world.greet({ type: 'opened' });
  const { heard } = play(world);
  world.socket.accept();
  world.socket.say({ type: 'error', code: 'session_lost', message: '', user: 'Ann' });
  world.socket.end(4401);
  assert.equal(world.socket.accept().type, 'open');
  assert.equal(heard.of('error')[0].user, 'Ann');
});

test('in the middle of the game a lost session is said, not replaced by a login', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened' });
  world.socket.end(1012);
  world.clock.advance(11_000);
  world.socket.accept();
  world.socket.say({ type: 'error', code: 'session_lost', message: '', user: 'Ann' });
  world.socket.end(4401);
  assert.equal(game.state.state, 'ended');
  assert.equal(heard.of('closed')[0].user, 'Ann');
  assert.equal(heard.of('closed')[0].reason, 'session_lost');
});

test('tries are spread over a growing time with a bound', () => {
  const { world, heard } = play(new World(), { random: () => 0.999, EventSource: undefined });
  world.greet({ type: 'opened' });
  for (let i = 0; i < 8; i += 1) {
    world.socket.end();
    world.clock.advance(10_000);
  }
  const waits = heard.of('state').filter(({ state }) => state === 'reconnecting').map(({ in_s }) => in_s);
  waits.forEach((wait, i) => assert.ok(wait <= (CAPS_S[Math.min(i, 4)]), `${wait} at ${i}`));
  assert.ok(waits.at(-1) > 9);
});

test('the network coming back makes it try at once', () => {
  const { world } = play(new World(), { random: () => 1, EventSource: undefined });
  world.greet({ type: 'opened' });
  for (let i = 0; i < 3; i += 1) {
    world.socket.end();
    world.clock.advance(i === 2 ? 0 : 10_000);
  }
  const before = world.sockets.length;
  world.window.dispatchEvent(new Event('online'));
  assert.equal(world.sockets.length, before + 1);
});

test('after a sleep a socket that does not answer within 3 s is given up', () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  world.document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(world.socket.of('ping').length, 1);
  world.socket.say({ type: 'pong' });
  world.clock.advance(3000);
  assert.equal(game.state.state, 'connected');
  world.document.dispatchEvent(new Event('visibilitychange'));
  world.clock.advance(3000);
  assert.notEqual(game.state.state, 'connected');
});

test('lines that waited are shown, and ours wait for the answer', () => {
  const { world, game, heard } = play();
  world.greet({ type: 'opened' });
  game.send('look');
  world.socket.end();
  world.clock.advance(0);
  world.greet({ queued: [{ seq: 1, line: 'kill rat', age_s: 40 }], input_seen: 0 });
  assert.equal(heard.of('queued')[0].lines[0].line, 'kill rat');
  assert.deepEqual(world.socket.of('input'), []);
  game.answerQueued('none');
  assert.deepEqual(world.socket.sent.slice(-2), [{ type: 'queue', send: 'none' }, { type: 'input', seq: 1, line: 'look' }]);
});

test('a logout ends it, with and without a connection', async () => {
  const { world, game } = play();
  world.greet({ type: 'opened' });
  game.logout();
  assert.equal(world.socket.of('logout').length, 1);
  world.clock.advance(3000);
  assert.equal(game.state.reason, 'logged_out');
  const other = play();
  other.world.greet({ type: 'opened' });
  other.world.socket.end();
  other.game.logout();
  await settle();
  const [{ method, url, headers }] = other.world.requests;
  assert.deepEqual([method, url, headers.Authorization], ['DELETE', 'https://mud.example/play/api/session', 'Bearer t1']);
});

test('no token is ever in an address', () => {
  const { world } = play();
  world.greet({ type: 'opened', token: 'SECRET' });
  world.socket.end();
  world.clock.advance(0);
  assert.ok(world.sockets.every(({ url }) => !url.includes('SECRET')));
});

test('no garbage makes it throw, or is shown', () => {
  const { world, game, heard } = play();
  world.socket.accept();
  const bad = [null, 1, 'x', true, [], {}, { text: 'x' }, { a: { b: [] } }, 'x'.repeat(1e5), -1, 2 ** 60];
  const types = ['opened', 'resumed', 'authenticated', 'output', 'prompt', 'echo', 'gmcp', 'gap', 'replay', 'live',
    'input_ack', 'token', 'notice', 'pong', 'error', 'toString', '__proto__', 'constructor', ''];
  const fields = ['session_id', 'position', 'token', 'expires_at', 'generation', 'queued', 'gap', 'text', 'seq',
    'expected', 'package', 'data', 'on', 'code', 'user', 'input_seen', 'reset', 'lines'];
  const garble = () => {
    for (const text of ['', '{', '[', '"', 'null', '0', '\u0000', '[[]]']) world.socket.say(text);
    for (const type of types) {
      for (const value of bad) {
        world.socket.say({ type, ...Object.fromEntries(fields.map((field) => [field, value])) });
        fields.forEach((field) => world.socket.say({ type, [field]: value }));
      }
    }
    world.socket.onmessage({ data: new Uint8Array(3) });
    world.socket.onmessage({});
  };
  garble();
  world.socket.say(welcome({ type: 'opened' }));
  garble();
  assert.equal(game.send('look'), true);
  assert.ok(heard.of('output').every(({ text }) => typeof text === 'string'));
});

test('storage that is forbidden or full is done without', () => {
  const broken = { getItem() { throw new Error('no'); }, setItem() { throw new Error('no'); }, removeItem() { throw new Error('no'); } };
  const { world, game } = play(new World(), { localStorage: broken, sessionStorage: broken });
  world.greet({ type: 'opened' });
  world.socket.end();
  world.clock.advance(0);
  assert.equal(world.socket.accept().token, 't1');
  game.close();
});

test('a page without a socket that can be built goes on trying', () => {
  const { world, game } = play(new World(), { WebSocket: class { constructor() { throw new Error('no'); } }, EventSource: undefined });
  assert.equal(game.state.state, 'reconnecting');
  game.close();
  world.clock.advance(60_000);
  assert.equal(game.state.state, 'ended');
});
