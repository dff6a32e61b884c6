// What a test plays in: mudkeep in front of a game, the network in front of mudkeep, and pages in a
// browser of its own. A test fails if a page reports an error that the test has not spoken of.

import { after, test } from 'node:test';
import assert from 'node:assert/strict';

import { startBrowser } from './browser.js';
import { Link } from './link.js';
import { Player } from './player.js';
import { Program } from './program.js';

const TEST_MS = process.env.MUDKEEP_BROWSER_LONG ? 150_000 : 60_000;

/** One for all tests of a file. */
let browser = null;
after(async () => (await browser)?.close());

class Scene {
  #ends = [];
  #players = [];

  /** mudkeep and the network before it. */
  async build({ game = 'demo', settings, http, from }) {
    this.game = typeof game === 'function' ? this.endsWith(await game()) : null;
    this.program = this.endsWith(await Program.before(this.game?.port ?? game, { settings, http }));
    this.link = await this.newLink(() => this.program.port, { from });
  }

  /** Another way to a port. */
  async newLink(port, options) {
    return this.endsWith(await Link.to(port, options));
  }

  /** What ends with the scene. */
  endsWith(thing) {
    this.#ends.unshift(thing);
    return thing;
  }

  /** A browser with nothing in it, that is not yet anywhere. `linkMayFail`: the console may say so. */
  async newPlayer({ linkMayFail = false, url = this.link.url, settings, ...context } = {}) {
    browser ??= startBrowser();
    const made = await (await browser).newContext({ viewport: { width: 1000, height: 700 }, ...context });
    made.setDefaultTimeout(10_000);
    const player = await Player.in(made, { url, linkMayFail, settings });
    this.#players.push(player);
    this.endsWith({ end: () => made.close() });
    return player;
  }

  /** Another tab of the same browser; `open` is what a page does to open it. */
  async newTab(player, open) {
    const tab = await (open ? player.tabOpenedBy(open) : player.newTab());
    this.#players.push(tab);
    return tab;
  }

  assertNoProblems() {
    assert.deepEqual(this.#players.flatMap(({ problems }) => problems), []);
  }

  async end() {
    for (const thing of this.#ends) await thing.end();
  }
}

/** A test with such a scene. */
export function scene(name, options, play) {
  test(name, { timeout: TEST_MS }, async () => {
    const made = new Scene();
    try {
      await made.build(options);
      await play(made);
      made.assertNoProblems();
    } finally {
      await made.end();
    }
  });
}
