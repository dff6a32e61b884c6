// What axe has to say about a page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { installed } from './browser.js';

const AXE = readFileSync(installed.resolve('axe-core/axe.min.js'), 'utf8');

/** axe, run where the page's policy does not reach it: it is not the page's own. */
export async function violations({ page }) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: `${AXE};0` });
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: 'axe.run().then(({violations}) => JSON.stringify(violations.map(({id, nodes}) => `${id}: ${nodes.map(({html, failureSummary}) => html.slice(0, 150) + failureSummary).join(" | ")}`)))',
    awaitPromise: true,
  });
  await session.detach();
  assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
  return JSON.parse(result.value);
}
