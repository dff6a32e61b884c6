// An admin at the admin page: what they see and what they do.

import assert from 'node:assert/strict';

import { startBrowser } from './browser.js';
import { PATIENCE_MS, until } from './wait.js';

/** What the browser itself writes to the console where a request fails or is refused. */
const REFUSED = /^Failed to load resource/;

/** One for all tests of a file. */
let browser = null;
export const closeBrowser = async () => (await browser)?.close();

export class Admin {
  #context;
  #mayFail;
  /** What the page has reported. */
  problems = [];

  /** A browser with nothing in it. `mayFail`: requests may, and the console says so. */
  static async at(url, { mayFail = false, ...options } = {}) {
    browser ??= startBrowser();
    const admin = new Admin();
    admin.url = url;
    admin.#mayFail = mayFail;
    admin.#context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, ...options });
    admin.#context.setDefaultTimeout(PATIENCE_MS);
    admin.page = await admin.#context.newPage();
    admin.#listen();
    await admin.page.addInitScript(() => document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`against the policy: ${violatedDirective} ${blockedURI}`);
    }));
    await admin.page.goto(url);
    return admin;
  }

  async signIn(token) {
    await this.page.fill('#token', token);
    await this.page.press('#token', 'Enter');
  }

  /** A part of the page, by the menu. */
  async goTo(view) {
    await this.page.click(`#menu a[href="#${view}"]`);
    await this.page.waitForSelector(`#${view}:visible`);
  }

  async sees(words, place = 'body', ms = PATIENCE_MS) {
    await until(`${place} has ${JSON.stringify(words)}`, async () => (await this.text(place)).includes(words), ms);
  }

  async seesNo(words, place = 'body', ms = PATIENCE_MS) {
    await until(`${place} has no ${JSON.stringify(words)}`, async () => !(await this.text(place)).includes(words), ms);
  }

  text(place) {
    return this.page.evaluate((selector) => document.querySelector(selector)?.innerText ?? '', place);
  }

  /** The names in a list, from above. */
  names(list = 'sessions') {
    return this.page.evaluate((id) => Array.from(document.querySelectorAll(`#${id} tbody th`), ({ textContent }) => textContent), list);
  }

  /** The button of a row. */
  rowButton(label) {
    return this.page.getByRole('button', { name: label, exact: true });
  }

  press(label, place = 'body') {
    return this.page.locator(place).getByRole('button', { name: label, exact: true }).click();
  }

  /** Says yes to what is asked. */
  async confirm(label, fields = {}) {
    await this.page.waitForSelector('#ask[open]');
    for (const [name, value] of Object.entries(fields)) {
      const field = this.page.locator(`#ask [name="${name}"]`);
      if (await field.evaluate(({ tagName }) => tagName === 'SELECT')) await field.selectOption(value);
      else await field.fill(value);
    }
    await this.press(label, '#ask');
  }

  isOpen(dialog) {
    return this.page.evaluate((id) => document.getElementById(id).open, dialog);
  }

  /** What has the focus, in words. */
  focus() {
    return this.page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
  }

  /** All that the browser keeps for the page, and what stands in it. */
  async knowsNothingOf(secret) {
    const kept = await this.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
    const values = await this.page.evaluate(() => Array.from(document.querySelectorAll('input, textarea'), ({ value }) => value).join('\n'));
    assert.ok(!`${await this.page.content()}${values}${kept}`.includes(secret), `${secret} is left`);
  }

  /** What sticks out to the right of the page. */
  overflow() {
    return this.page.evaluate(() => {
      const wide = document.documentElement.clientWidth;
      const out = Array.from(document.querySelectorAll('body *')).filter((one) => one.checkVisibility() && !one.closest('.unseen, nav') && one.getBoundingClientRect().right > wide + 0.5);
      return [document.documentElement.scrollWidth - wide, ...out.map(({ outerHTML }) => outerHTML.slice(0, 80))];
    });
  }

  async end() {
    await this.#context.close();
  }

  #listen() {
    this.page.on('pageerror', (error) => this.problems.push(String(error.stack ?? error)));
    this.page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type()) || (this.#mayFail && REFUSED.test(message.text()))) return;
      this.problems.push(`${message.type()}: ${message.text()}`);
    });
  }
}
