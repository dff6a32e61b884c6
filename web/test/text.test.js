import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expand, parseAliases } from '../app/aliases.js';
import { recall, Scrollback, store, textOf } from '../app/scrollback.js';
import { cube, PLAIN, shortForm } from '../app/style.js';
import { joined, Terminal } from '../app/terminal.js';
import { Settings } from '../app/settings.js';
import { Vitals } from '../app/vitals.js';
import { Storage } from './world.js';

/** A terminal that remembers everything. */
function terminal() {
  const rig = { lines: [], bells: 0, triggers: [], shown: [] };
  const screen = {
    write: (pieces, anew) => { rig.shown = anew ? pieces : [...rig.shown, ...pieces]; },
    end: (line) => { rig.lines.push(line); rig.shown = []; },
  };
  rig.terminal = new Terminal(screen, { bell: () => { rig.bells += 1; }, trigger: (t) => rig.triggers.push(t) });
  return rig;
}

/** Everything that came of a text, cut where it is told. */
function outcome(parts) {
  const rig = terminal();
  parts.forEach((part) => rig.terminal.feed(part));
  const look = (line) => joined(line.pieces).map(({ text, style }) => [text, shortForm(style), style.url, style.command]);
  return { lines: rig.lines.map(look), open: look(rig.terminal.open), bells: rig.bells, triggers: rig.triggers };
}

const lines = (text) => outcome([text]).lines.map((line) => line.map(([t]) => t).join(''));
const open = (text) => outcome([text]).open;

const SAMPLES = [
  'plain\r\n\x1b[1;31mred\x1b[0m and \x1b[38;5;208morange\x1b[38;2;1;2;3mx\x1b[48:2::9:8:7my\x1b[m\n\r',
  'a\x1b]0;title\x07b\x1b]8;;https://mud.example/\x1b\\link\x1b]8;;\x1b\\c\x1bP1$r\x1b\\d\x1b(Be\x1b=f\x1b[2Jg\x1b[?25h',
  '10%\r20%\r\n ab\bc\x07\tt\x00\x7f\r\r\n',
  '!!SOUND(bang.wav V=50 L=2 U=https://s.example/)\r\n!!MUSIC(Off)text\r\n!!not\r\n!!SOUND(cut\r\n !!SOUND(x)\r\n!',
  '\x1b[1z<b>bold</b> &lt;x&gt; <send href="look &quot;a&quot;">look</send><!ELEMENT x "<y>"><unknown>z\r\n<raw> & \x1b[6z<i>i</i>\r\n&amp;<a href="https://x.example">u</a>\x1b[7z<b>',
  '\x1b[4z<u>one</u>\x1b[0z<c red>r</c> <hp> & &bogus; &#65;\r\n<100hp> \x1b[5z<hp>< 3 <b>x\r\n',
  'broken \x1b[12\x01m \x1b\x1b[1mz \x1b]8;;javascript:alert(1)\x07bad\x1b]8;;\x07 \x1b]never ends\nnext \x1b',
  `${'\x1b['}${'1;'.repeat(80)}m after \x1b]0;${'x'.repeat(5000)}\x07 after\r\n`,
];

test('text that is cut anywhere is the same text', () => {
  for (const sample of SAMPLES) {
    const whole = outcome([sample]);
    for (let cut = 0; cut <= sample.length; cut += 1) {
      assert.deepEqual(outcome([sample.slice(0, cut), sample.slice(cut)]), whole, `${JSON.stringify(sample)} at ${cut}`);
    }
    assert.deepEqual(outcome([...sample]), whole, `${JSON.stringify(sample)} bit by bit`);
  }
});

test('noise in any order is survived, and cut anywhere is the same', () => {
  let seed = 7;
  const random = (below) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % below; };
  const bits = ['\x1b', '[', ']', '8;;', 'm', 'z', '1', ';', ':', '\x07', '\\', '\r', '\n', '\b', 'a', '<', '>', '&', 'lt;',
    '!!SOUND(', ')', '"', '\x1b[6z', '\x1b[0m', 'P', '\u009b', '/b', ' ', '😀'];
  for (let round = 0; round < 300; round += 1) {
    const parts = Array.from({ length: 40 }, () => bits[random(bits.length)]);
    assert.deepEqual(outcome(parts), outcome([parts.join('')]), JSON.stringify(parts.join('')));
  }
});

test('lines end with LF, CR LF and LF CR', () => {
  assert.deepEqual(lines('a\r\nb\n\rc\nd\r\r\n\n\r'), ['a', 'b', 'c', 'd', '']);
});

test('a lone CR begins the line anew, a backspace takes one back', () => {
  assert.deepEqual(lines('10%\r20%\r\n'), ['20%']);
  assert.deepEqual(lines('ab\b\bxy\bz\n'), ['xz']);
});

test('colours and attributes are told', () => {
  const [red] = open('\x1b[1;31mred');
  assert.deepEqual(red, ['red', 'b,1,', null, null]);
  assert.equal(open('\x1b[38;5;208mx')[0][1], ',208,');
  assert.equal(open('\x1b[38;2;1;2;3mx')[0][1], ',#010203,');
  assert.equal(open('\x1b[48:2::9:8:7mx')[0][1], ',,#090807');
  assert.equal(open('\x1b[1;2;3;4;7;9mx')[0][1], 'bdiusv');
  assert.equal(open('\x1b[1;4m\x1b[22;24mx')[0][1], '');
  assert.equal(open('\x1b[91;104m\x1b[39mx')[0][1], ',,12');
  assert.equal(open('\x1b[31m\x1b[mx')[0][1], '');
  assert.equal(cube(16), '#000000');
  assert.equal(cube(231), '#ffffff');
  assert.equal(cube(208), '#ff8700');
});

test('only http links are links', () => {
  assert.equal(open('\x1b]8;;https://a.example/\x07x')[0][2], 'https://a.example/');
  assert.equal(open('\x1b]8;;javascript:alert(1)\x07x')[0][2], null);
});

test('what waits for its end has a bound', () => {
  const rig = terminal();
  rig.terminal.feed(`\x1b]${'x'.repeat(100_000)}`);
  rig.terminal.feed('\x1b\\end');
  assert.match(textOf(rig.terminal.open), /end$/);
  const other = terminal();
  other.terminal.feed('x'.repeat(100_000));
  assert.ok(other.lines.length > 4);
});

test('sound triggers at the start of a line are taken out with their line', () => {
  const { lines: got, triggers, open: rest } = outcome(['!!SOUND(bang.wav V=50 L=2 U=https://s.example/)\r\n!!MUSIC(Off)x\r\na !!SOUND(b)']);
  assert.deepEqual(got.map((line) => line.map(([t]) => t).join('')), ['x']);
  assert.deepEqual(rest.map(([t]) => t), ['a !!SOUND(b)']);
  assert.deepEqual(triggers[0], { kind: 'sound', name: 'bang.wav', volume: 50, loops: 2, url: 'https://s.example/' });
  assert.equal(triggers[1].name, 'Off');
});

test('a line that only looks like a trigger is text, at the latest when the game waits', () => {
  const rig = terminal();
  rig.terminal.feed('!!');
  assert.equal(textOf(rig.terminal.open), '');
  rig.terminal.prompt();
  assert.equal(textOf(rig.terminal.open), '!!');
});

test('tags are looked at only where the game has switched them on', () => {
  assert.deepEqual(lines('<100hp 50m> &lt; <b>\n'), ['<100hp 50m> &lt; <b>']);
  assert.deepEqual(lines('\x1b[1z<b>x</b> &lt;<z>\n<b>\n'), ['x <', '<b>']);
  assert.deepEqual(lines('\x1b[0z<hp> <b>x</b>\n'), ['<hp> x']);
  assert.deepEqual(lines('\x1b[6z<x>a\n<x>b\n\x1b[7z<x>\n'), ['a', 'b', '<x>']);
  const [send] = open('\x1b[1z<send href="go north|look">north</send>');
  assert.deepEqual(send, ['north', '', null, 'go north']);
  assert.equal(open('\x1b[1z<send>north</send>')[0][3], '');
  assert.equal(open('\x1b[1z<a href="javascript:x">u</a>')[0][2], null);
});

test('aliases take words, and never go in circles', () => {
  const aliases = parseAliases('k = kill $1; get all from $1\ngg=get $*\n n  = north\nloop = loop\nbad\n= x');
  assert.deepEqual(expand('k rat big', aliases), ['kill rat', 'get all from rat']);
  assert.deepEqual(expand('gg a b', aliases), ['get a b']);
  assert.deepEqual(expand('n fast', aliases), ['north fast']);
  assert.deepEqual(expand('loop', aliases), ['loop']);
  assert.deepEqual(expand('look', aliases), ['look']);
  assert.deepEqual(expand('', aliases), ['']);
});

test('vitals are understood in all their spellings', () => {
  for (const [first, second] of [
    [{ hp: 5, maxhp: 10 }, {}], [{ hp: '5', max_hp: '10' }, {}], [{ HP: 5 }, { maxHp: 10 }],
    [{ health: 5 }, { healthmax: 10 }], [{ hp: { current: 5, max: 10 } }, {}],
  ]) {
    const vitals = new Vitals();
    vitals.hear('Char.Vitals', first);
    vitals.hear('char.maxstats', second);
    assert.deepEqual(vitals.list, [{ name: 'hp', label: 'Health', value: 5, max: 10 }], JSON.stringify(first));
    assert.equal(vitals.words, 'Health 5 of 10');
  }
  const vitals = new Vitals();
  assert.equal(vitals.hear('Room.Info', { hp: 1 }), false);
  for (const bad of [null, 5, 'x', [], { hp: {} }, { hp: null, maxhp: [] }, { __proto__: null, constructor: 1 }]) vitals.hear('Char.Vitals', bad);
  assert.deepEqual(vitals.list, []);
});

test('the scrollback keeps so many lines, and the newest fit into the store', () => {
  const back = new Scrollback(1000);
  for (let i = 0; i < 5000; i += 1) back.push({ kind: 'game', pieces: [{ text: `${i} ${'x'.repeat(1000)}`, style: PLAIN }] });
  assert.ok(back.lines.length <= 1200);
  const storage = new Storage();
  const open = { kind: 'game', pieces: [{ text: '> ', style: PLAIN }] };
  assert.equal(store(storage, 's', { lines: back.lines, open, memory: { style: 'b,1,', mxp: 'locked' }, position: '1.9' }), true);
  assert.ok(storage.getItem('s').length < 600_000);
  const kept = recall(storage, 's');
  assert.equal(kept.position, '1.9');
  assert.match(textOf(kept.lines.at(-1)), /^4999 /);
  assert.equal(textOf(kept.open), '> ');
});

test('a store that is full takes fewer lines, and one that is forbidden none', () => {
  const storage = new Storage();
  storage.setItem = (name, value) => {
    if (value.length > 100_000) throw new Error('full');
    storage.items.set(name, value);
  };
  const line = (i) => ({ kind: 'game', pieces: [{ text: `${i} ${'x'.repeat(1000)}`, style: PLAIN }] });
  const all = Array.from({ length: 500 }, (_, i) => line(i));
  const state = { lines: all, open: line(0), memory: null, position: '1.1' };
  assert.equal(store(storage, 's', state), true);
  assert.match(textOf(recall(storage, 's').lines.at(-1)), /^499 /);
  assert.equal(store(undefined, 's', state), false);
});

test('lines come back from the store as they were, and garbage as nothing', () => {
  const rig = terminal();
  rig.terminal.feed(SAMPLES[0] + SAMPLES[1]);
  const storage = new Storage();
  store(storage, 's', { lines: rig.lines, open: rig.terminal.open, memory: rig.terminal.memory, position: '1.1' });
  const kept = recall(storage, 's');
  const look = (line) => line.pieces.map(({ text, style }) => [text, shortForm(style), style.url]);
  assert.deepEqual(kept.lines.map(look), rig.lines.map(look));
  for (const bad of ['', '{', '5', '[]', '{"v":1}', '{"v":1,"position":"1.1","lines":5}']) {
    storage.setItem('s', bad);
    assert.equal(recall(storage, 's'), null);
  }
  storage.setItem('s', '{"v":1,"position":"1.1","lines":[5,null,[1,2,3],["","",{},"x"]],"open":{}}');
  assert.equal(recall(storage, 's').lines.length, 4);
});

test('a page that was reloaded goes on in the colour that it was in', () => {
  const rig = terminal();
  rig.terminal.feed('\x1b[32mgreen \x1b[5z');
  assert.equal(rig.terminal.whole, true);
  const next = terminal();
  next.terminal.restore(rig.terminal.open, rig.terminal.memory);
  next.terminal.feed('too <b>x</b>');
  assert.deepEqual(joined(next.terminal.open.pieces).map(({ text, style }) => [text, shortForm(style)]), [['green too ', ',2,'], ['x', 'b,2,']]);
});

test('settings out of bounds, or of another type, are not believed', () => {
  const storage = new Storage();
  storage.setItem('mudkeep:settings', JSON.stringify({ theme: 'pink', fontSize: 4, wrap: 'no', volume: 70, macros: { F1: 'look', x: 'y', F2: 5 } }));
  const { all } = new Settings(storage);
  assert.deepEqual([all.theme, all.fontSize, all.wrap, all.volume, all.macros], ['system', 10, true, 70, { F1: 'look' }]);
});
