// What a screen reader would say by itself: a page's live regions, watched as a screen reader does.

/** Runs in the page before all else: what is said is in `window.saidAloud`. */
export function listenAloud() {
  window.saidAloud = [];
  const live = (node) => {
    const region = node.parentElement?.closest('[aria-live], [role=status], [role=alert], [role=log]');
    if (!region) return null;
    const urgency = region.getAttribute('aria-live') ?? 'polite';
    return urgency === 'off' ? null : region.id;
  };
  const hear = (node) => {
    const text = node.textContent?.trim() ?? '';
    const region = live(node);
    if (region !== null && text !== '') window.saidAloud.push({ region, text });
  };
  new MutationObserver((changes) => {
    const added = new Set(changes.flatMap(({ addedNodes }) => [...addedNodes]));
    const within = (node) => node.parentNode !== null && (added.has(node.parentNode) || within(node.parentNode));
    // What was put into something new is said with it.
    [...added].filter((node) => node.isConnected && !within(node)).forEach(hear);
  }).observe(document, { subtree: true, childList: true });
}

/** What was said so far, in a region or anywhere. */
export async function saidAloud(player, region = null) {
  const all = await player.page.evaluate(() => window.saidAloud);
  return all.filter((one) => region === null || one.region === region).map(({ text }) => text).join('\n');
}
