import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { banBody } from '../admin/actions.js';
import { address, Api, inWords } from '../admin/api.js';
import { details, GROUPS, label } from '../admin/event-words.js';
import { matches, parseFilter } from '../admin/filter.js';
import { clientOf } from '../admin/lists.js';
import { Paging } from '../admin/paging.js';
import { Poll, WAITS_MS } from '../admin/poll.js';
import { Ring } from '../admin/ring.js';
import { latency, sample } from '../admin/samples.js';
import { nearest, newest, path, roundUp, span } from '../admin/scale.js';
import * as sentences from '../admin/sentences.js';
import { sorted } from '../admin/sort.js';
import { Parser } from '../admin/sse.js';
import { Stream } from '../admin/stream.js';
import { Token, tokenOf } from '../admin/token.js';
import { marked, offered, shown, viewOf } from '../admin/views.js';
import * as words from '../admin/words.js';
import { Clock, settle, Storage } from './world.js';

// --- Numbers and times --------------------------------------------------------------------------

test('sizes, rates and times are short and have their units', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 10_240, 5e6, 3e12].map(words.bytes), ['0 B', '1,023 B', '1 KiB', '1.5 KiB', '10 KiB', '4.8 MiB', '2.7 TiB']);
  assert.deepEqual([0, 0.25, 9.96, 12.3, 12_345].map(words.rate), ['0', '0.3', '10', '12', '12,345']);
  assert.deepEqual([0, 59.4, 61, 3600, 3660, 86_399, 90_000].map(words.duration), ['0 s', '59 s', '1 min', '1 h', '1 h 1 min', '23 h 59 min', '1 d 1 h']);
  assert.deepEqual([0.00003, 0.0004, 0.0123, 1.26, 12.6].map(words.roundTrip), ['<0.1 ms', '0.4 ms', '12 ms', '1.3 s', '13 s']);
  assert.deepEqual([600, 3600, 86_400, 604_800, 61].map(words.inFull), ['10 minutes', '1 hour', '1 day', '7 days', '61 seconds']);
});

test('what is not known is a dash, and never a number', () => {
  for (const nothing of [null, undefined, Number.NaN]) {
    assert.deepEqual([words.bytes(nothing), words.duration(nothing), words.roundTrip(nothing)], ['–', '–', '–']);
  }
  assert.deepEqual([words.since(null, 0), words.left('never', 0), words.moment(undefined), words.clock('x')], ['–', '–', '–', '–']);
});

test('times are told from now', () => {
  const now = Date.parse('2026-01-01T12:00:00.000Z');
  assert.equal(words.since('2026-01-01T11:58:00.000Z', now), '2 min');
  assert.equal(words.left('2026-01-01T13:00:00.000Z', now), 'in 1 h');
  assert.equal(words.left('2026-01-01T11:00:00.000Z', now), 'now');
});

// --- Plots --------------------------------------------------------------------------------------

test('a ring keeps the newest', () => {
  const ring = new Ring(3);
  const gone = [1, 2, 3, 4, 5].map((item) => ring.push(item));
  assert.deepEqual(ring.items, [3, 4, 5]);
  assert.deepEqual(gone, [undefined, undefined, undefined, 1, 2]);
});

const HEALTH = { started_at: 'a', active_connections: 3, history_bytes: 10 };
const stats = (lines_in, lines_out, bytes_out) => ({ totals: { lines_in, lines_out, bytes_out } });

test('a sample says what grew in a second, but not over a restart', () => {
  const first = sample(1000, HEALTH, stats(10, 20, 3000), null, undefined);
  assert.deepEqual([first.linesIn, first.connections, first.history], [null, 3, 10]);
  const second = sample(3000, HEALTH, stats(14, 20, 4000), { median: 1, most: 2 }, first);
  assert.deepEqual([second.linesIn, second.linesOut, second.bytesOut, second.latencyMedian, second.latencyMost], [2, 0, 500, 1, 2]);
  const restarted = sample(5000, { ...HEALTH, started_at: 'b' }, stats(100, 100, 9000), null, second);
  assert.deepEqual([restarted.linesIn, restarted.bytesOut, restarted.latencyMedian], [null, null, null]);
  assert.equal(sample(5000, HEALTH, stats(3, 20, 4000), null, second).linesIn, null, 'less than before');
});

test('the median is of those that are known', () => {
  const of = (...all) => latency(all.map((round_trip_seconds) => ({ round_trip_seconds })));
  assert.equal(of(null, null), null);
  assert.deepEqual(of(3, null, 1, 2), { median: 2, most: 3 });
  assert.deepEqual(of(4, 1, 2, 3), { median: 2.5, most: 4 });
});

test('an axis ends with a round number that is high enough', () => {
  assert.deepEqual([0, Number.NaN, 0.03, 1, 3, 9, 12, 4999, 5001].map((value) => roundUp(value)), [1, 1, 0.05, 1, 5, 10, 20, 5000, 10_000]);
  assert.deepEqual([900, 1500, 3000, 10_000, 3 * 1024 ** 2, 900 * 1024].map((value) => roundUp(value, true)), [1024, 2048, 5120, 10_240, 5 * 1024 ** 2, 1024 ** 2]);
});

test('a line has holes where nothing is known, and begins where it is in sight', () => {
  const frame = { from: 1000, to: 2000, most: 10, width: 100, height: 50, gapMs: 300 };
  const points = [[500, 1], [1000, 0], [1200, 10], [1400, null], [1500, 5], [1600, 20]].map(([at, value]) => ({ at, value }));
  assert.equal(path(points, frame), 'M0 50h0L20 0L50 25L60 0');
  assert.equal(path(points, { ...frame, gapMs: 250 }), 'M0 50h0L20 0M50 25h0L60 0');
  assert.equal(newest(points, 1500), 20);
  assert.equal(newest(points, 1700), null);
  assert.equal(nearest(points, 1210).value, 10);
  assert.equal(nearest([], 1), undefined);
  assert.deepEqual([span(0, 1000), span(0, 181_000), span(0, 1e9)], [180_000, 900_000, 900_000]);
});

// --- Lists --------------------------------------------------------------------------------------

test('addresses, networks and users are looked for by mudkeep, words on the page', () => {
  assert.deepEqual(parseFilter(' 10.0.0.0/8  Anna '), { query: { address: '10.0.0.0/8' }, words: ['anna'] });
  assert.deepEqual(parseFilter('2001:db8::/32').query, { address: '2001:db8::/32' });
  assert.deepEqual(parseFilter('::1 user:Bob').query, { address: '::1', user: 'Bob' });
  for (const text of ['de:ad', 'held', '10.0', 'user:']) assert.deepEqual(parseFilter(text).query, {}, text);
  assert.ok(matches('Anna\nplaying\ntelnet', ['nn', 'play']));
  assert.ok(!matches('Anna\nplaying', ['nn', 'held']));
});

test('rows are in order, and what is not known comes last either way', () => {
  const rows = [{ id: 'a', v: 'Bob10' }, { id: 'b', v: null }, { id: 'c', v: 'anna' }, { id: 'd', v: 'Bob9' }];
  const order = (down) => sorted(rows, (row) => row.v, down, (row) => row.id).map((row) => row.id).join('');
  assert.equal(order(false), 'cdab');
  assert.equal(order(true), 'adcb');
  assert.equal(sorted([{ id: 'b', v: 1 }, { id: 'a', v: 1 }], (row) => row.v, true, (row) => row.id)[0].id, 'a');
});

test('pages go on where the API says, and back the way they came', () => {
  const paging = new Paging(2);
  paging.came(2, 5, 'id2');
  assert.deepEqual([paging.after, paging.hasNext, paging.hasPrevious, paging.words], [null, true, false, '2 of 5, page 1']);
  paging.next();
  paging.came(2, 5, 'id4');
  paging.next();
  paging.came(1, 5, null);
  assert.deepEqual([paging.after, paging.hasNext, paging.isPart], ['id4', false, true]);
  paging.next();
  assert.equal(paging.after, 'id4', 'there is none');
  paging.previous();
  assert.equal(paging.after, 'id2');
  paging.first();
  paging.came(1, 1, null);
  assert.deepEqual([paging.isPart, paging.words], [false, '1']);
});

test('a client is called what it says, or what its browser is', () => {
  const client = (client) => clientOf({ client });
  assert.equal(client({ name: 'Mudlet', version: '4.17' }), 'Mudlet 4.17');
  assert.equal(client({ user_agent: 'Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36' }), 'Chrome 140');
  assert.equal(client({ user_agent: 'curl/8.0' }), 'curl 8.0');
  assert.equal(client({ terminal: 'xterm' }), 'xterm');
  assert.equal(client({}), null);
  assert.equal(client(null), null);
});

test('each width has its views, and each view is in sight somewhere', () => {
  assert.deepEqual(['narrow', 'middle', 'wide'].map((width) => shown('overview', width)), [['overview'], ['overview', 'sessions'], ['overview', 'sessions', 'events']]);
  assert.deepEqual(shown('events', 'wide'), ['overview', 'sessions', 'events']);
  assert.deepEqual(shown('events', 'middle'), ['overview', 'events']);
  assert.deepEqual(offered('wide'), ['sessions', 'connections', 'bans']);
  for (const width of ['narrow', 'middle', 'wide']) {
    for (const view of offered(width)) {
      assert.equal(marked(view, width), view);
      assert.ok(shown(view, width).includes(view));
    }
  }
  assert.deepEqual(['#bans', '', '#<b>'].map(viewOf), ['bans', 'overview', 'overview']);
});

// --- What will happen ---------------------------------------------------------------------------

test('sentences say who and what', () => {
  assert.equal(sentences.kickSentence({ user: 'Anna', connections: ['c'] }), 'The session of Anna ends in the game now and the connection to it is closed.');
  assert.equal(sentences.kickSentence({ user: null, address: '192.0.2.1', connections: [] }), 'The session of a player from 192.0.2.1 ends in the game now.');
  assert.match(sentences.cutSentence({ user: 'Anna', session_id: 's' }), /the player can come back/);
  assert.doesNotMatch(sentences.cutSentence({ user: 'Anna', session_id: null }), /come back/);
  assert.match(sentences.extendSentence({ user: 'Anna', expires_at: null }, 3600), /it will end in 1 hour/);
  assert.match(sentences.drainSentence(0), /ends at once/);
});

test('a ban says whom, from what and how long', () => {
  const ban = { what: 'user', who: ' Anna ', kind: 'all', long: '86400', until: '' };
  assert.equal(sentences.banSentence(ban), 'Anna cannot come in for 1 day, and is sent away at once if playing now.');
  assert.equal(sentences.banSentence({ ...ban, what: 'network', who: '10.0.0.0/8', kind: 'guest', long: '' }), 'Nobody in the network 10.0.0.0/8 can come in as a guest until you lift the ban.');
  assert.match(sentences.banSentence({ ...ban, who: '', long: 'until' }), /… cannot come in until …/);
  assert.deepEqual(banBody({ ...ban, reason: ' rude ' }), { user: 'Anna', for_seconds: 86_400, reason: 'rude' });
  assert.deepEqual(banBody({ ...ban, what: 'address', who: '::1', kind: 'new', long: '', reason: '' }), { network: '::1', kind: 'new' });
  const until = '2026-01-01T10:00';
  assert.equal(banBody({ ...ban, long: 'until', until, reason: '' }).until, new Date(until).toISOString());
});

test('the network of an address is what others of the household have', () => {
  assert.equal(sentences.networkOf('192.0.2.77'), '192.0.2.0/24');
  assert.equal(sentences.networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(sentences.networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(sentences.networkOf('::1'), '0:0:0:0::/64');
  for (const none of ['', '::ffff:192.0.2.1']) assert.equal(sentences.networkOf(none), '');
});

test('events are told in words, also those of a later mudkeep', () => {
  assert.equal(details({ type: 'connection_state', from: 'connecting', to: 'active' }), 'connecting → active');
  assert.equal(details({ type: 'disconnected', seq: 1, user: 'Anna', reason: 'told', duration_seconds: 61, bytes_in: 10, bytes_out: 2048 }), 'told, duration 1 min, 10 B in, 2 KiB out');
  assert.equal(details({ type: 'admin', by: 'anna', method: 'POST', path: '/api/v1/bans', status: 201 }), 'POST /api/v1/bans 201 by anna');
  assert.equal(details({ type: 'reloaded', ok: false }), 'not ok');
  assert.equal(details({ type: 'new_one', some_thing: 3, other: { a: 1 }, none: null }), 'some thing: 3, other: {"a":1}');
  assert.equal(label('taken_over'), 'taken over');
  assert.equal(details({ type: 'game_dialled', ok: true, seconds: 0.25 }), 'ok, 250 ms');
});

test('every type of event that there is can be chosen, and no other', () => {
  const source = readFileSync(new URL('../../src/events/event.rs', import.meta.url), 'utf8');
  const names = [...source.matchAll(/What::\w+(?: \{ \.\. \})? => "(\w+)"/g)].map(([, name]) => name);
  assert.ok(names.length > 20, 'the source says them otherwise now');
  assert.deepEqual(Object.values(GROUPS).flat().sort(), names.sort());
});

// --- The API ------------------------------------------------------------------------------------

test('an address has what is known, and nothing can break out of its place in it', () => {
  assert.equal(address(['bans', 'network:10.0.0.0/8'], { kind: 'all', reason: '', after: null }), '/api/v1/bans/network%3A10.0.0.0%2F8?kind=all');
  assert.equal(address(['users', '../../x?y#z', 'tokens']), '/api/v1/users/..%2F..%2Fx%3Fy%23z/tokens');
});

/** An API whose answers are told, and what it said to its owner. */
function rig(...answers) {
  const made = { told: [], asked: [] };
  const fetch = async (url, request) => {
    made.asked.push({ url, ...request });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
  const tell = (word) => () => made.told.push(word);
  made.api = new Api('secret', { answered: tell('answered'), silent: tell('silent'), refused: tell('refused') }, { fetch });
  return made;
}

const refusal = (status, message, headers) => ({ status, headers, body: JSON.stringify({ error: { code: 'x', message } }) });

test('every request carries the token, and one with content says what it is', async () => {
  const { api, asked, told } = rig({ status: 200, body: '{"told":1}' }, { status: 204, body: null });
  assert.deepEqual(await api.post(['notices'], { text: 'Hello' }), { told: 1 });
  assert.equal(await api.delete(['drain']), null);
  assert.deepEqual(asked.map(({ headers }) => headers.Authorization), ['Bearer secret', 'Bearer secret']);
  assert.deepEqual(asked.map(({ headers }) => headers['Content-Type']), ['application/json', undefined]);
  assert.equal(asked[0].body, '{"text":"Hello"}');
  assert.deepEqual(told, ['answered', 'answered']);
});

test('what goes wrong is said in words', async () => {
  const { api, told } = rig(refusal(400, 'no such network.'), refusal(401, 'a token is needed'), refusal(429, '', { 'Retry-After': '7' }), { status: 500, body: '<html>' }, new TypeError('network'), { status: 200, body: '<html>' });
  const failure = () => api.get(['health']).then(() => assert.fail('it went well'), (error) => [error.status, error.message]);
  assert.deepEqual(await failure(), [400, 'mudkeep does not understand this: no such network.']);
  assert.deepEqual(await failure(), [401, 'The token is not the right one.']);
  assert.deepEqual(await failure(), [429, 'Too many wrong tokens were tried. Try again in 7 seconds.']);
  assert.deepEqual(await failure(), [500, 'mudkeep could not do this (500).']);
  assert.deepEqual(await failure(), [0, 'mudkeep does not answer.']);
  assert.deepEqual(await failure(), [0, 'The answer of mudkeep could not be read.']);
  assert.deepEqual(told, ['answered', 'answered', 'refused', 'answered', 'answered', 'silent', 'answered', 'silent']);
  assert.equal(inWords(404, 'there is none', 0), 'It is not there any more.');
});

test('a token is kept for the tab and forgotten on demand; a storage that fails is no harm', () => {
  const storage = new Storage();
  new Token(storage).keep('abc');
  const token = new Token(storage);
  assert.equal(token.value, 'abc');
  token.forget();
  assert.deepEqual([token.value, storage.items.size], ['', 0]);
  const broken = new Token({ getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() { throw new Error(); } });
  broken.keep('abc');
  assert.equal(broken.value, 'abc');
  broken.forget();
  assert.deepEqual(['  abc-_\n', 'a b', 'ä', '', 'x'.repeat(513)].map(tokenOf), ['abc-_', '', '', '', '']);
});

// --- Again and again ----------------------------------------------------------------------------

function polling(run) {
  const clock = new Clock();
  const env = { hidden: () => made.hidden, setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout };
  const made = { clock, hidden: false, poll: new Poll(run, 2000, env) };
  return made;
}

test('a poll asks again, but not while nobody looks, and not after its end', async () => {
  let asked = 0;
  const { poll, clock } = polling(async () => { asked += 1; });
  poll.start();
  await settle();
  clock.advance(1999);
  await settle();
  assert.equal(asked, 1);
  clock.advance(1);
  await settle();
  assert.equal(asked, 2);
  poll.now();
  await settle();
  assert.equal(asked, 3);
  poll.stop();
  clock.advance(60_000);
  poll.now();
  await settle();
  assert.equal(asked, 3);
});

test('a poll that ends in the middle of a question asks no other', async () => {
  let [asked, answer] = [0, () => {}];
  const { poll, clock } = polling(() => new Promise((resolve) => { asked += 1; answer = resolve; }));
  poll.start();
  poll.stop();
  answer();
  await settle();
  clock.advance(60_000);
  await settle();
  assert.equal(asked, 1);
});

test('a poll of a hidden page asks nothing', async () => {
  let asked = 0;
  const made = polling(async () => { asked += 1; });
  made.hidden = true;
  made.poll.start();
  for (let n = 0; n < 5; n += 1) {
    await settle();
    made.clock.advance(2000);
  }
  assert.equal(asked, 0);
  made.hidden = false;
  made.poll.now();
  await settle();
  assert.equal(asked, 1);
});

test('a poll without an answer waits longer each time, and is quick again after one', async () => {
  const waits = [];
  let [asked, fails] = [0, true];
  const { poll, clock } = polling(async () => {
    asked += 1;
    if (fails) throw new Error('no answer');
  });
  poll.start();
  await settle();
  for (let n = 0; n < 5; n += 1) {
    const before = asked;
    let ms = 0;
    for (; asked === before; ms += 500) {
      clock.advance(500);
      await settle();
    }
    waits.push(ms);
  }
  assert.deepEqual(waits, [...WAITS_MS, WAITS_MS.at(-1)]);
  fails = false;
  clock.advance(10_000);
  await settle();
  const before = asked;
  clock.advance(2000);
  await settle();
  assert.equal(asked, before + 1);
});

// --- The stream ---------------------------------------------------------------------------------

const STREAM = ': hello\r\n\r\nid: 4\r\nevent: login\r\ndata: {"user":\r\ndata: "Anna"}\r\n\r\nevent: empty\n\nid:5\ndata:x\n\n:\n\rdata: y\r\r\ndata: cut';

test('a stream means the same however it is cut', () => {
  const read = (parts) => {
    const parser = new Parser();
    return parts.flatMap((part) => parser.feed(part));
  };
  const whole = read([STREAM]);
  assert.deepEqual(whole, [{ id: '4', event: 'login', data: '{"user":\n"Anna"}' }, { id: '5', event: 'message', data: 'x' }, { id: '5', event: 'message', data: 'y' }]);
  assert.deepEqual(read([...STREAM]), whole);
  for (let at = 1; at < STREAM.length; at += 1) assert.deepEqual(read([STREAM.slice(0, at), STREAM.slice(at)]), whole, `cut at ${at}`);
});

test('a line without end is not kept for ever', () => {
  const parser = new Parser();
  assert.throws(() => { for (let n = 0; n < 40; n += 1) parser.feed('x'.repeat(100_000)); }, RangeError);
});

/** A stream of events, with the server's end to pull. */
function following() {
  const clock = new Clock();
  const made = { clock, heard: [], asked: [], ends: [] };
  const api = {
    async stream(path, query, headers, signal) {
      made.asked.push({ types: query.types, last: headers['Last-Event-ID'] });
      const next = made.next?.();
      if (next) throw next;
      return { body: new ReadableStream({
        start(controller) {
          made.say = (text) => controller.enqueue(new TextEncoder().encode(text));
          made.cut = () => controller.error(new TypeError('cut'));
          signal.addEventListener('abort', () => { made.ends.push('aborted'); controller.error(new Error('aborted')); });
        },
      }) };
    },
  };
  made.stream = new Stream(api, {
    event: (event) => made.heard.push(event), lost: (count) => made.heard.push(count), state: (state) => made.heard.push(state),
  }, { setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  return made;
}

const settled = async () => { for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setTimeout(resolve, 0)); };

test('a stream that was cut goes on after the last event', async () => {
  const made = following();
  made.stream.start('login');
  await settled();
  made.say('id: 7\nevent: login\ndata: {"user":"Anna"}\n\nevent: lost\ndata: {"lost":3}\n\nid: 8\nevent: x\ndata: no JSON\n\n');
  await settled();
  assert.deepEqual(made.heard, ['open', { type: 'login', user: 'Anna' }, 3]);
  made.cut();
  await settled();
  assert.equal(made.heard.at(-1), 'broken');
  made.clock.advance(WAITS_MS[0]);
  await settled();
  assert.deepEqual(made.asked, [{ types: 'login', last: '0' }, { types: 'login', last: '7' }]);
  assert.equal(made.heard.at(-1), 'open');
});

test('a stream that falls silent is opened anew', async () => {
  const made = following();
  made.stream.start('');
  await settled();
  made.clock.advance(30_000);
  made.say(': still here\n\n');
  await settled();
  made.clock.advance(30_000);
  await settled();
  assert.deepEqual(made.ends, []);
  made.clock.advance(10_000);
  await settled();
  assert.deepEqual(made.ends, ['aborted']);
  made.clock.advance(WAITS_MS[0]);
  await settled();
  assert.equal(made.asked.length, 2);
});

test('a stream that is refused is not asked for again, one that is too busy is', async () => {
  const made = following();
  made.next = () => Object.assign(new Error('no such type'), { status: 400 });
  made.stream.start('bogus');
  await settled();
  made.clock.advance(60_000);
  await settled();
  assert.deepEqual([made.heard, made.asked.length], [['refused'], 1]);
  made.next = () => Object.assign(new Error('busy'), { status: 503 });
  made.stream.start('');
  await settled();
  made.clock.advance(60_000);
  await settled();
  assert.equal(made.asked.length, 3);
});

test('a stream that was stopped says nothing more', async () => {
  const made = following();
  made.stream.start('');
  await settled();
  made.stream.stop();
  await settled();
  made.clock.advance(60_000);
  await settled();
  assert.deepEqual([made.heard, made.asked.length], [['open'], 1]);
});
