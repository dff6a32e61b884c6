// The page: puts the parts together, and hands each what the game says.

import { Mudkeep } from '../mudkeep.js';
import { Away } from './away.js';
import { Command, sessionStore } from './command.js';
import { Connection } from './connection.js';
import { askToNotify, download, notify, ScreenLock } from './device.js';
import { Gauges } from './gauges.js';
import { Keeper } from './keeper.js';
import { applyLook, measure, onDeviceLook, onResize } from './look.js';
import { answer, element } from './page.js';
import { Screen } from './screen.js';
import { recall, Scrollback, textOf } from './scrollback.js';
import { Settings } from './settings.js';
import { settingsDialog } from './settings-dialog.js';
import { ring, Sounds } from './sound.js';
import { Speech } from './speech.js';
import { PLAIN, switched } from './style.js';
import { Terminal } from './terminal.js';

const GMCP = ['Char 1', 'Char.Vitals 1', 'Char.Status 1', 'Char.MaxStats 1', 'Client.Media 1'];
const TYPED = switched(PLAIN, 'k', true);
/** A line that only looks like the beginning of a sound trigger is shown after this time. */
const HELD_MS = 1000;

const folder = new URL('.', location.href);
const storeName = `mudkeep:text:${folder.pathname}`;
// On a phone a line of the game is rather broken less often than large.
const settings = new Settings(localStore(), innerWidth < 480 ? { fontSize: 14 } : {});
applyLook(settings.all);

const scroller = element('scroller', HTMLElement);
const kept = recall(sessionStore(), storeName);
const game = new Mudkeep({
  client: 'mudkeep web', gmcp: GMCP, msp: true, screenReader: settings.all.screenReader,
  position: kept?.position || null, ...measure(scroller),
});

const speech = new Speech();
const away = new Away(speech);
const gauges = new Gauges();
const sounds = new Sounds();
const lock = new ScreenLock();
const scrollback = new Scrollback(settings.all.scrollback);
const screen = new Screen({ log: element('log', HTMLElement), scroller, more: element('more', HTMLElement) }, settings.all.scrollback);
const terminal = new Terminal(
  { write: (pieces, anew) => screen.write(pieces, anew), end: (line) => addLine(line) },
  { bell, trigger: (trigger) => sounds.trigger(trigger) },
);
const keeper = new Keeper(sessionStore(), storeName, () => terminal.whole
  ? { lines: scrollback.lines, open: terminal.open, memory: { ...terminal.memory, vitals: gauges.memory }, position: game.position ?? '' }
  : null);
const command = new Command({ send, hush: () => speech.hush(), scroll: (pages) => screen.scrollBy(pages) }, settings);
new Connection(game);
settingsDialog(settings);

const measureAgain = onResize(scroller, ({ columns, rows }) => void game.resize(columns, rows));

let fresh = true;
let toldScreenReader = settings.all.screenReader;
/** @type {any} */
let holding = null;

restore();
applySettings();
listen();
game.connect();

// --- What the game says -------------------------------------------------------------------------

function listen() {
  on('output', ({ text }) => {
    terminal.feed(text);
    clearTimeout(holding);
    holding = setTimeout(() => terminal.prompt(), HELD_MS);
    keeper.soon();
  });
  on('prompt', () => {
    terminal.prompt();
    speech.prompt(textOf(terminal.open));
  });
  on('echo', (echo) => command.hide(!echo.on));
  on('gmcp', ({ package: name, data }) => {
    gauges.hear(name, data);
    sounds.gmcp(name, data);
  });
  on('open', opened);
  on('authenticated', ({ user }) => showName(user));
  on('state', ({ state }) => {
    if (state === 'reconnecting') away.left();
    if (state !== 'ended' && state !== 'replaced') return;
    sounds.silence();
    command.hide(false);
  });
  on('replay', (replay) => away.replay(replay));
  on('live', () => away.live());
  on('notice', ({ text }) => note(text));
  on('gap', () => gap('Some of the text was lost here: the link was away for too long.'));
  on('reset', () => gap('What was said meanwhile is not known any more.'));
  on('dropped', dropped);
  on('error', ({ code, user }) => {
    if (code === 'session_lost') note(`The connection was lost in a restart. Log in again${user ? ` as ${user}` : ''}.`);
  });
}

/** @param {string} type @param {(detail: any) => void} run */
function on(type, run) {
  game.addEventListener(type, (event) => run(/** @type {any} */ (event).detail));
}

/** @param {{resumed: boolean, same: boolean, user: string | null, reset: boolean}} how */
function opened({ resumed, same, user, reset }) {
  if (resumed && same && !reset) away.returned();
  if (!same || !resumed) gauges.clear();
  if (!resumed && !(fresh && scrollback.lines.length === 0)) gap('A new connection begins here.');
  fresh = false;
  showName(user);
}

/** @param {{lines: number, secret?: boolean}} lost */
function dropped({ lines, secret }) {
  if (secret) note('A password that you typed may not have arrived. If the game still asks, type it again.');
  else note(lines === 1 ? 'A line that you typed was not sent.' : `${lines} lines that you typed were not sent.`);
}

/** @param {string} words */
function gap(words) {
  terminal.reset();
  note(words);
}

/** mudkeep has something to say to the player. @param {string} text */
function note(text) {
  terminal.freshLine();
  for (const line of text.trimEnd().split(/\r?\n/)) {
    addLine({ kind: 'note', pieces: [{ text: line, style: PLAIN }] });
  }
  keeper.soon();
}

/** @param {import('./terminal.js').Line} line */
function addLine(line) {
  scrollback.push(line);
  screen.end(line);
  away.line(line);
}

/** @param {string | null} user */
function showName(user) {
  const host = location.hostname;
  element('title', HTMLElement).textContent = user ? `${user} – ${host}` : host;
  document.title = user ? `${user} – ${host}` : host;
}

function bell() {
  const { bell: choice, volume } = settings.all;
  if (choice === 'sound') ring(volume);
  if (choice === 'notify') notify(document.title, textOf(terminal.open).trim() || 'The game rings.');
}

/** A page before this one left its text. */
function restore() {
  showName(null);
  if (!kept) return;
  speech.hold();
  kept.lines.forEach((line) => {
    scrollback.push(line);
    screen.end(line);
  });
  terminal.restore(kept.open, kept.memory);
  gauges.restore(kept.memory?.vitals);
  screen.follow();
  speech.release();
}

// --- What the player does -----------------------------------------------------------------------

/** @param {string} line @param {boolean} secret */
function send(line, secret) {
  if (line === '' && game.state.state === 'ended') return game.connect();
  if (!game.send(line)) return note(secret ? 'There is no connection: the password was not sent.' : 'There is no connection: this was not sent.');
  if (settings.all.localEcho) terminal.typed(secret ? '' : line, TYPED);
  screen.follow();
  keeper.soon();
}

document.addEventListener('keydown', (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit) speech.say(scrollback.last(9, terminal.open)[Number(digit) - 1] ?? 'There is no such line.');
  else if (event.code === 'KeyV') speech.say(gauges.words);
  else if (event.code === 'KeyR') away.read();
  else return;
  event.preventDefault();
});

element('log', HTMLElement).addEventListener('click', ({ target }) => {
  const pressed = target instanceof Element ? target.closest('.command') : null;
  if (pressed instanceof HTMLElement) command.perform(pressed.dataset['command'] ?? '');
  else if (getSelection()?.isCollapsed && matchMedia('(pointer: fine)').matches) command.focus();
});

element('sound-switch', HTMLButtonElement).addEventListener('click', () => settings.change({ sound: !settings.all.sound }));

element('download', HTMLButtonElement).addEventListener('click', () => {
  const day = new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-');
  download(`${location.hostname}-${day}.txt`, scrollback.text() + textOf(terminal.open));
});

element('logout', HTMLButtonElement).addEventListener('click', async () => {
  element('settings', HTMLDialogElement).close();
  if ((await answer(element('leave', HTMLDialogElement))) === 'logout') game.logout();
});

settings.addEventListener('change', applySettings);
onDeviceLook(() => applyLook(settings.all));

function applySettings() {
  const { announce, sound, volume, scrollback: lines, keepAwake, bell: choice } = settings.all;
  applyLook(settings.all);
  speech.mode = announce;
  sounds.set(sound, volume);
  scrollback.limit(lines);
  screen.limit(lines);
  lock.set(keepAwake);
  if (choice === 'notify') void askToNotify();
  element('sound-switch', HTMLButtonElement).textContent = sound ? 'Sound on' : 'Sound off';
  tellScreenReader();
  measureAgain();
}

/** The game is told at once when the player says that a screen reader reads the page. */
function tellScreenReader() {
  const { screenReader } = settings.all;
  if (screenReader === toldScreenReader) return;
  toldScreenReader = screenReader;
  const { columns, rows } = measure(scroller);
  game.resize(columns, rows, screenReader);
}

function localStore() {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
