// The elements of the page, by id and type: a page without one of them is not this page.

/**
 * @template {typeof HTMLElement} T
 * @param {string} id @param {T} type @returns {InstanceType<T>}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return /** @type {InstanceType<T>} */ (found);
}

/** @param {string} label @param {() => void} run @param {boolean} [quiet] */
export function button(label, run, quiet = false) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  if (quiet) made.className = 'quiet';
  made.addEventListener('click', run);
  return made;
}

/** How often a dialog was opened. @type {WeakMap<HTMLDialogElement, number>} */
const asked = new WeakMap();

/** What a dialog is closed with: the value of the button, or nothing. That it was closed is told later,
 * when it may be open again with another question: then the one before has no answer.
 * @param {HTMLDialogElement} dialog @returns {Promise<string>} */
export function answer(dialog) {
  const mine = (asked.get(dialog) ?? 0) + 1;
  asked.set(dialog, mine);
  dialog.returnValue = '';
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      const latest = asked.get(dialog) === mine;
      if (latest && dialog.open) return;
      dialog.removeEventListener('close', closed);
      resolve(latest ? dialog.returnValue : '');
    };
    dialog.addEventListener('close', closed);
  });
}

/** @param {number} count @param {string} one @param {string} many */
export function counted(count, one, many) {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** A time in words. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return counted(Math.round(seconds), 'second', 'seconds');
  if (seconds < 90 * 60) return counted(Math.round(seconds / 60), 'minute', 'minutes');
  return counted(Math.round(seconds / 3600), 'hour', 'hours');
}
