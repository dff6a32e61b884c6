// What the page asks of the device: to keep its screen on, to notify, to save a file. Each may be
// missing or refused, and then there is none.

/** Keeps the screen on as long as it is wanted and the page is in sight. */
export class ScreenLock {
  #wanted = false;
  /** @type {any} */
  #lock = null;

  constructor() {
    document.addEventListener('visibilitychange', () => void this.#apply());
  }

  /** @param {boolean} wanted */
  set(wanted) {
    this.#wanted = wanted;
    void this.#apply();
  }

  async #apply() {
    if (!this.#wanted) {
      await this.#lock?.release();
      this.#lock = null;
    } else if (document.visibilityState === 'visible' && (this.#lock === null || this.#lock.released)) {
      this.#lock = await navigator.wakeLock?.request('screen').catch(() => null) ?? null;
    }
  }
}

/** Asks once whether the page may notify. */
export async function askToNotify() {
  if ('Notification' in window && Notification.permission === 'default') await Notification.requestPermission();
}

/** Notifies a player who looks elsewhere. @param {string} title @param {string} words */
export function notify(title, words) {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
  try {
    new Notification(title, { body: words, tag: 'mudkeep-bell', icon: 'icons/icon-192.png' });
  } catch {
    // Some phones only let a service worker notify.
  }
}

/** @param {string} name @param {string} text */
export function download(name, text) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}
