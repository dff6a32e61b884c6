// The order of rows. What is not known comes last, either way.

/** @typedef {string | number | boolean | null | undefined} Value */

/**
 * @template T
 * @param {readonly T[]} rows @param {(row: T) => Value} value @param {boolean} down @param {(row: T) => string} key
 */
export function sorted(rows, value, down, key) {
  return [...rows].sort((a, b) => compare(value(a), value(b), down) || compare(key(a), key(b), false));
}

/** @param {Value} a @param {Value} b @param {boolean} down */
function compare(a, b, down) {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  const order = typeof left === 'string' && typeof right === 'string' ? collator.compare(left, right) : Number(left) - Number(right);
  return down ? -order : order;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
