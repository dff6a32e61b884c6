// The browser, and the packages that scripts/set-up has installed for it.

import { createRequire } from 'node:module';

export const installed = createRequire(new URL('../../../.test-env/browser/', import.meta.url));

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** It has a folder of its own, which is empty and goes with it. */
export function startBrowser() {
  const { chromium } = installed('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
}
