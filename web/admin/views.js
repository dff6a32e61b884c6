// Which parts of the page are in sight: on a phone one, on a wide screen more of them side by side.

export const VIEWS = ['overview', 'sessions', 'connections', 'bans', 'events'];

/** @typedef {'narrow' | 'middle' | 'wide'} Width */

/** The view that an address names. @param {string} hash */
export function viewOf(hash) {
  const name = hash.replace(/^#/, '');
  return VIEWS.includes(name) ? name : 'overview';
}

/** @param {string} view @param {Width} width */
export function shown(view, width) {
  if (width === 'narrow') return [view];
  const list = view === 'overview' || (view === 'events' && width === 'wide') ? 'sessions' : view;
  return width === 'middle' ? ['overview', list] : ['overview', list, 'events'];
}

/** The one that is marked in the menu. @param {string} view @param {Width} width */
export function marked(view, width) {
  return width === 'narrow' ? view : shown(view, width)[1];
}

/** @param {Width} width */
export function offered(width) {
  return VIEWS.filter((view) => !(width !== 'narrow' && view === 'overview') && !(width === 'wide' && view === 'events'));
}
