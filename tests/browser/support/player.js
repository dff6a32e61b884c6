// Somebody at a page: what they see and what they do.

import assert from 'node:assert/strict';

import { PATIENCE_MS, until } from './wait.js';

/** What the browser itself writes to the console where a connection fails. */
const LINK_FAILED = /^(WebSocket connection to|Failed to load resource)/;

export const PASSWORD = 'swordfish';

export class Player {
  #context;
  #options;
  /** What the page has reported. */
  problems = [];

  static async in(context, options) {
    const player = Player.#at(await context.newPage(), context, options);
    await player.page.addInitScript(prepare, options.settings ?? null);
    return player;
  }

  static #at(page, context, options) {
    const player = new Player();
    player.#context = context;
    player.#options = options;
    player.page = page;
    player.#listen();
    return player;
  }

  /** Another tab of the same browser. */
  newTab() {
    return Player.in(this.#context, this.#options);
  }

  /** The tab that this page opens so. */
  async tabOpenedBy(open) {
    const [page] = await Promise.all([this.#context.waitForEvent('page'), this.page.evaluate(open)]);
    return Player.#at(page, this.#context, this.#options);
  }

  async open() {
    await this.page.goto(this.#options.url);
  }

  /** Makes somebody known to the demo game and enters. */
  async enter(name) {
    await this.open();
    await this.sees('By what name are you known?');
    await this.type(name);
    await this.sees('be made known here? (y/n)');
    await this.type('y');
    await this.sees('Choose a password:');
    await this.typePassword();
    await this.sees('Type it again:');
    await this.typePassword();
    await this.sees(`Welcome, ${name}`);
    await until('the game knows the player', async () => (await this.page.title()).startsWith(name));
  }

  async type(line) {
    await this.page.fill('#command', line);
    await this.page.press('#command', 'Enter');
  }

  async typePassword(password = PASSWORD) {
    await this.page.waitForSelector('#password:visible');
    await this.page.fill('#password', password);
    await this.page.press('#password', 'Enter');
  }

  press(label) {
    return this.page.getByRole('button', { name: label }).click();
  }

  /** The text on the page. */
  text() {
    return this.page.evaluate(() => document.getElementById('log').textContent);
  }

  /** The same, line by line. */
  lines() {
    return this.page.evaluate(() => Array.from(document.querySelectorAll('#log .line'), (line) => line.textContent));
  }

  async sees(words, ms = PATIENCE_MS) {
    const seen = () => this.page.evaluate((what) => document.getElementById('log').textContent.includes(what), words);
    await until(`the text has ${JSON.stringify(words)}`, seen, ms);
  }

  /** How often a line stands in the text. */
  async count(line) {
    return (await this.lines()).filter((one) => one.includes(line)).length;
  }

  /** What the page says about the connection. */
  status() {
    return this.page.textContent('#state-words');
  }

  async isTold(words, ms = PATIENCE_MS) {
    await until(`the state is ${words}`, async () => (await this.status()) === words, ms);
  }

  /** What the bar of this name says. */
  async bar(name) {
    return this.page.textContent(`#bars [data-name="${name}"] p`);
  }

  isReplaced() {
    return this.page.evaluate(() => document.getElementById('replaced').open);
  }

  /** All that the browser keeps for the page, as one text. */
  kept() {
    return this.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  }

  /** Nothing of it is anywhere in the page, or kept. */
  async knowsNothingOf(secret) {
    const html = await this.page.content();
    const values = await this.page.evaluate(() => Array.from(document.querySelectorAll('input, textarea'), ({ value }) => value).join('\n'));
    assert.ok(!`${html}${values}${await this.kept()}`.includes(secret), 'a secret is left in the page');
  }

  #listen() {
    const { linkMayFail } = this.#options;
    this.page.on('pageerror', (error) => this.problems.push(String(error.stack ?? error)));
    this.page.on('console', (message) => {
      const text = message.text();
      if (!['error', 'warning'].includes(message.type()) || (linkMayFail && LINK_FAILED.test(text))) return;
      this.problems.push(`${message.type()}: ${text}`);
    });
  }
}

/** Runs in the page before all else. */
function prepare(settings) {
  // How long a page waits before it tries again is drawn by lot, up to 10 s.
  Math.random = () => 0.1;
  if (settings && localStorage.getItem('mudkeep:settings') === null) {
    localStorage.setItem('mudkeep:settings', JSON.stringify(settings));
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error(`against the policy: ${violatedDirective} ${blockedURI}`);
  });
}
