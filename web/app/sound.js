// Sounds and music of the game, asked for by MSP triggers in the text or by GMCP (Client.Media). All is
// silent until the player switches it on, and only this site or one over https is asked for a file.

/** @typedef {import('./msp.js').Trigger} Trigger */
/** @typedef {{kind: 'sound' | 'music', key: string, tag: string, name: string, volume: number, audio: HTMLAudioElement}} Playing */
/** @typedef {{kind: 'sound' | 'music', url: string, name: string, volume: number, loops: number, key: string, tag: string, goesOn: boolean}} Wish */

const PLAYING_MAX = 12;

export class Sounds {
  /** @type {Playing[]} */
  #playing = [];
  #on = false;
  #volume = 0.5;
  /** The folder that a game named last, for each way to ask. */
  #folders = { msp: '', gmcp: '' };
  /** What would be heard if sounds were on. @type {Wish | null} */
  #music = null;

  /** @param {boolean} on @param {number} volume 0 to 100 */
  set(on, volume) {
    const switchedOn = on && !this.#on;
    this.#on = on;
    this.#volume = volume / 100;
    if (!on) this.#stop(() => true);
    for (const { audio, volume: own } of this.#playing) audio.volume = own * this.#volume;
    if (switchedOn && this.#music) this.#play(this.#music);
  }

  /** @param {Trigger} trigger */
  trigger({ kind, name, volume, loops, url }) {
    if (url !== null) this.#folders.msp = folder(url);
    if (name.toLowerCase() === 'off') return this.#silence(kind);
    const address = allowed(name, this.#folders.msp);
    if (!address || name.includes('*')) return;
    this.#want({ kind, url: address, name, volume: volume / 100, loops, key: kind === 'music' ? 'msp' : '', tag: '', goesOn: true });
  }

  /** A message of the package Client.Media. @param {string} name @param {any} data */
  gmcp(name, data) {
    const given = data && typeof data === 'object' ? data : {};
    switch (name.toLowerCase()) {
      case 'client.media.default': this.#folders.gmcp = folder(text(given.url)); break;
      case 'client.media.play': this.#gmcpPlay(given); break;
      case 'client.media.stop': this.#gmcpStop(given); break;
    }
  }

  /** The session is over. */
  silence() {
    this.#music = null;
    this.#stop(() => true);
  }

  /** @param {any} given */
  #gmcpPlay(given) {
    const url = allowed(text(given.name), given.url ? folder(text(given.url)) : this.#folders.gmcp);
    if (!url) return;
    this.#want({
      url, name: text(given.name), kind: given.type === 'music' ? 'music' : 'sound', key: text(given.key),
      tag: text(given.tag), volume: clamp(given.volume, 0, 100, 50) / 100, loops: clamp(given.loops, -1, 100, 1),
      goesOn: given.continue !== false,
    });
  }

  /** @param {any} given */
  #gmcpStop(given) {
    const fields = /** @type {const} */ (['name', 'key', 'tag']).filter((field) => text(given[field]) !== '');
    /** @param {{name: string, key: string, tag: string, kind: string}} one */
    const meant = (one) => fields.every((field) => one[field] === given[field])
      && (given.type === undefined || one.kind === given.type);
    if (this.#music && meant(this.#music)) this.#music = null;
    this.#stop(meant);
  }

  /** @param {'sound' | 'music'} kind */
  #silence(kind) {
    if (kind === 'music') this.#music = null;
    this.#stop((one) => one.kind === kind);
  }

  /** @param {Wish} wish */
  #want(wish) {
    if (wish.kind === 'music') this.#music = wish;
    if (this.#on) this.#play(wish);
  }

  /** @param {Wish} wish */
  #play({ kind, url, name, volume, loops, key, tag, goesOn }) {
    const same = this.#playing.find((one) => kind === 'music' && one.kind === kind && one.name === name && one.key === key);
    if (same && goesOn) return;
    if (key !== '' || kind === 'music') this.#stop((one) => one.kind === kind && one.key === key);
    if (this.#playing.length >= PLAYING_MAX) return;
    const audio = new Audio(url);
    const playing = { kind, key, tag, name, volume, audio };
    this.#playing.push(playing);
    audio.volume = volume * this.#volume;
    let left = loops || 1;
    const over = () => { this.#playing = this.#playing.filter((one) => one !== playing); };
    // A browser refuses until the page was touched once; then there is nothing to hear.
    const play = () => void audio.play().catch(over);
    audio.addEventListener('ended', () => {
      left -= 1;
      if (left === 0) over();
      else play();
    });
    audio.addEventListener('error', over);
    play();
  }

  /** @param {(one: Playing) => boolean} which */
  #stop(which) {
    for (const { audio } of this.#playing.filter(which)) audio.pause();
    this.#playing = this.#playing.filter((one) => !which(one));
  }
}

/** A short tone for the bell of the game. @param {number} volume 0 to 100 */
export function ring(volume) {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 660 });
  const loudness = new GainNode(context, { gain: volume / 400 });
  tone.connect(loudness).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.15);
  tone.addEventListener('ended', () => void context.close());
}

/** The address of a file, if it may be asked for. @param {string} name @param {string} base */
export function allowed(name, base, origin = location.origin) {
  try {
    const url = new URL(name, base || undefined);
    return url.protocol === 'https:' || url.origin === origin ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {string} url */
function folder(url) {
  return url === '' || url.endsWith('/') ? url : `${url}/`;
}

/** @param {any} value */
function text(value) {
  return typeof value === 'string' ? value : '';
}

/** @param {any} value @param {number} least @param {number} most @param {number} otherwise */
function clamp(value, least, most, otherwise) {
  const number = Number(value ?? otherwise);
  return Number.isFinite(number) ? Math.min(most, Math.max(least, Math.round(number))) : otherwise;
}
