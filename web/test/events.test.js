import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Mudkeep } from '../mudkeep.js';
import { record, settle, welcome, World } from './world.js';

/** Two sockets come to nothing, so the third try is a POST. */
async function fallBack(world = new World()) {
  const game = new Mudkeep(world.options());
  const heard = record(game);
  game.connect();
  for (let i = 0; i < 2; i += 1) {
    world.socket.end();
    world.clock.advance(1000);
  }
  await settle();
  return { world, game, heard };
}

async function welcomed(more = {}) {
  const rig = await fallBack();
  rig.world.requests[0].answer(200, welcome({ type: 'opened', ...more }));
  await settle();
  const [source] = rig.world.sources;
  source.readyState = 1;
  rig.world.requests.splice(0, 1);
  rig.source = source;
  rig.hear = (message) => source.onmessage({ data: JSON.stringify(message) });
  return rig;
}

const API = 'https://mud.example/play/api';

test('after two sockets that came to nothing it goes by events', async () => {
  const { world, heard, source, hear } = await welcomed();
  assert.equal(source.url, `${API}/events/c1`);
  assert.equal(heard.at(-1).type, 'echo');
  hear({ type: 'output', text: 'hello', position: '1.5' });
  assert.equal(heard.of('output')[0].text, 'hello');
  const [post] = world.requests;
  assert.equal(post.url, `${API}/messages/c1`);
  assert.equal(post.headers.Authorization, 'Bearer t1');
  assert.deepEqual(post.body, [{ type: 'ack', position: '1.0' }, { type: 'token_ack', generation: 1 }]);
});

test('that way is remembered by the browser, but only when it worked', async () => {
  const { world } = await welcomed();
  const next = new Mudkeep(world.options());
  next.connect();
  assert.equal(world.sockets.length, 2, 'no new socket');
  const failing = await fallBack();
  failing.world.requests[0].fail();
  await settle();
  failing.world.clock.advance(10_000);
  assert.equal(failing.world.sockets.length, 3, 'a socket again');
});

test('what is sent goes out in order, one request at a time', async () => {
  const { world, game } = await welcomed();
  game.send('one');
  game.send('two');
  await settle();
  assert.equal(world.requests.length, 1);
  world.requests[0].answer(200, { input_seen: 0 });
  await settle();
  assert.deepEqual(world.requests[1].body.map(({ line }) => line), ['one', 'two']);
  world.requests[1].fail();
  await settle();
  world.clock.advance(1000);
  await settle();
  assert.deepEqual(world.requests[2].body.map(({ line, seq }) => [line, seq]), [['one', 1], ['two', 2]]);
  world.requests[2].answer(200, { input_seen: 2 });
  await settle();
  game.send('three');
  await settle();
  assert.deepEqual(world.requests[3].body, [{ type: 'input', seq: 3, line: 'three' }]);
});

test('a stream that the browser opens again begins with a resumed', async () => {
  const { world, game, heard, source, hear } = await welcomed();
  source.readyState = 0;
  source.onerror();
  world.requests.at(-1).answer(200, { input_seen: 0 });
  await settle();
  source.onopen();
  hear(welcome({ token: 't2', generation: 2, position: '1.7' }));
  world.clock.advance(60_000);
  assert.equal(game.state.state, 'connected');
  assert.equal(heard.of('open').at(-1).same, true);
  assert.equal(game.position, '1.7');
});

test('a stream that broke with the link is said to be lost at once', async () => {
  for (const fail of [(request) => request.fail(), (request) => request.answer(502, 'nobody there')]) {
    const { world, game, source } = await welcomed();
    source.readyState = 0;
    source.onerror();
    fail(world.requests.at(-1));
    await settle();
    assert.equal(game.state.state, 'reconnecting');
    assert.equal(source.readyState, 2);
  }
});

test('a stream that ended while its token was replaced is resumed', async () => {
  const { world, game, source } = await welcomed();
  world.requests[0].answer(200, { input_seen: 0 });
  await settle();
  source.readyState = 2;
  source.onerror();
  await settle();
  world.requests.at(-1).answer(401, { type: 'error', code: 'token_old', message: '' });
  await settle();
  assert.equal(game.state.state, 'reconnecting');
});

test('a stream that ended for good is asked about: replaced means stay away', async () => {
  const { world, game, source } = await welcomed();
  world.requests[0].answer(200, { input_seen: 0 });
  await settle();
  source.readyState = 2;
  source.onerror();
  await settle();
  world.requests.at(-1).answer(409, { type: 'error', code: 'replaced', message: 'elsewhere' });
  await settle();
  world.clock.advance(3600_000);
  await settle();
  assert.equal(game.state.state, 'replaced');
  assert.equal(world.sources.length, 1);
});

test('a POST that says replaced ends it', async () => {
  const { world, game } = await welcomed();
  world.requests[0].answer(409, { type: 'error', code: 'replaced', message: '' });
  await settle();
  assert.equal(game.state.state, 'replaced');
});

test('a POST that says ended, or a refused token, ends it', async () => {
  for (const [status, body] of [[410, { code: 'ended' }], [401, { code: 'token_expired' }]]) {
    const { world, game } = await welcomed();
    world.requests[0].answer(status, { type: 'error', message: '', ...body });
    await settle();
    assert.equal(game.state.state, 'ended');
  }
});

test('a token that was just replaced is tried again with the new one', async () => {
  const { world, hear } = await welcomed();
  world.requests[0].answer(401, { type: 'error', code: 'token_old', message: '' });
  await settle();
  hear({ type: 'token', token: 't2', generation: 2, expires_at: '' });
  world.clock.advance(1000);
  await settle();
  assert.equal(world.requests.at(-1).headers.Authorization, 'Bearer t2');
});

test('a closing in the stream is final where it says so', async () => {
  const { game, source, hear } = await welcomed();
  hear({ type: 'closing', reason: 'kicked', message: 'out', resume: false });
  assert.deepEqual(game.state, { state: 'ended', reason: 'kicked', message: 'out' });
  assert.equal(source.readyState, 2);
});

test('a game that cannot be reached is tried again with patience', async () => {
  const { world, game } = await fallBack();
  world.requests[0].answer(503, { type: 'error', code: 'busy', message: '' });
  await settle();
  assert.equal(game.state.state, 'reconnecting');
});

test('garbage in answers and in the stream does no harm', async () => {
  const { world, game, source } = await welcomed();
  for (const data of ['', '{', 'null', '[]', '{"type":5}', undefined]) source.onmessage({ data });
  world.requests[0].answer(200, 'nonsense');
  await settle();
  game.send('look');
  await settle();
  world.requests[1].answer(200, null);
  await settle();
  assert.equal(game.state.state, 'connected');
  const other = await fallBack();
  other.world.requests[0].answer(200, { type: 'opened', connection_id: 7 });
  await settle();
  assert.equal(other.game.state.state, 'reconnecting');
});
