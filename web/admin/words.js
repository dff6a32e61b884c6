// Numbers, times and sizes as people read them.

/** What stands where nothing is known. */
export const NOTHING = '–';

const number = new Intl.NumberFormat('en');
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @param {number} value */
export function count(value) {
  return number.format(value);
}

/** @param {number} value @param {string} one @param {string} many */
export function counted(value, one, many) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** @param {number} value at most one digit behind the point */
export function rate(value) {
  return number.format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** @param {number | null | undefined} value */
export function bytes(value) {
  if (!isNumber(value)) return NOTHING;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024;
  return `${number.format(value < 10 && unit > 0 ? Math.round(value * 10) / 10 : Math.round(value))} ${UNITS[unit]}`;
}

/** A short time, as a way there and back takes. @param {number | null | undefined} seconds */
export function roundTrip(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  if (seconds >= 10) return `${Math.round(seconds)} s`;
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 0.0001) return '<0.1 ms';
  return seconds < 0.001 ? `${(seconds * 1000).toFixed(1)} ms` : `${Math.round(seconds * 1000)} ms`;
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  const [big, small, unit, next] = whole < 86_400 ? [3600, 60, 'h', 'min'] : [86_400, 3600, 'd', 'h'];
  const rest = Math.floor((whole % big) / small);
  return `${Math.floor(whole / big)} ${unit}${rest ? ` ${rest} ${next}` : ''}`;
}

/** A time that was chosen, in full words. @param {number} seconds */
export function inFull(seconds) {
  const [length, one] = /** @type {[number, string][]} */ ([[86_400, 'day'], [3600, 'hour'], [60, 'minute']]).find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second'];
  return counted(seconds / length, one, `${one}s`);
}

/** How long ago it was. @param {string | null | undefined} time @param {number} now */
export function since(time, now) {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? NOTHING : duration((now - at) / 1000);
}

/** How long it is until then. @param {string | null | undefined} time @param {number} now */
export function left(time, now) {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return NOTHING;
  return at <= now ? 'now' : `in ${duration((at - now) / 1000)}`;
}

/** The time of day where the page is read. @param {string} time */
export function clock(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? NOTHING : [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}

/** The same with its day. @param {string | null | undefined} time */
export function moment(time) {
  const at = new Date(time ?? '');
  if (Number.isNaN(at.getTime())) return NOTHING;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(at.toISOString())}`;
}

/** @param {number} part */
function two(part) {
  return String(part).padStart(2, '0');
}

/** @param {unknown} value @returns {value is number} */
function isNumber(value) {
  return typeof value === 'number' && Number.isFinite(value);
}
