// How the page looks, and how many letters fit on it: the game is told, so that it breaks its lines
// where the page would.

const RESIZED_MS = 250;
const PROBE = 'M'.repeat(50);

/** @typedef {import('./settings.js').Choices} Choices */

/** @param {Choices} choices */
export function applyLook({ theme, contrast, font, fontSize, wrap }) {
  const root = document.documentElement;
  const light = theme === 'light' || (theme === 'system' && matchMedia('(prefers-color-scheme: light)').matches);
  const strong = contrast || matchMedia('(prefers-contrast: more)').matches;
  root.dataset['theme'] = light ? 'light' : 'dark';
  root.dataset['contrast'] = strong ? 'high' : 'normal';
  root.dataset['font'] = font;
  root.dataset['wrap'] = wrap ? 'on' : 'off';
  root.style.setProperty('--size', `${fontSize}px`);
  const page = getComputedStyle(root).getPropertyValue('--raised').trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', page);
}

/** Calls back when the device changes between dark and light. @param {() => void} run */
export function onDeviceLook(run) {
  for (const query of ['(prefers-color-scheme: light)', '(prefers-contrast: more)']) {
    matchMedia(query).addEventListener('change', run);
  }
}

/** How many letters and lines fit. @param {HTMLElement} scroller */
export function measure(scroller) {
  const probe = document.createElement('span');
  probe.id = 'probe';
  probe.textContent = PROBE;
  document.body.append(probe);
  const { width, height } = probe.getBoundingClientRect();
  probe.remove();
  const { paddingLeft, paddingRight } = getComputedStyle(scroller);
  const inner = scroller.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return {
    columns: within(Math.floor(inner / (width / PROBE.length)), 20, 250),
    rows: within(Math.floor(scroller.clientHeight / height), 5, 200),
  };
}

/** Calls back with the size when it has changed, and is done changing.
 * @param {HTMLElement} scroller @param {(size: {columns: number, rows: number}) => void} run */
export function onResize(scroller, run) {
  let last = measure(scroller);
  /** @type {any} */
  let timer = null;
  const look = () => {
    const now = measure(scroller);
    if (now.columns !== last.columns || now.rows !== last.rows) run(now);
    last = now;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, RESIZED_MS);
  };
  new ResizeObserver(later).observe(scroller);
  return later;
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
