// Where a sample lies in a plot.

/** What fits into thirds of whole minutes. */
export const SPANS_MS = [3 * 60_000, 15 * 60_000];

/** A round number that is not below it, to end an axis with. @param {number} value @param {boolean} [binary] */
export function roundUp(value, binary = false) {
  if (!(value > 0)) return 1;
  const step = binary ? 1024 ** Math.floor(Math.log(value) / Math.log(1024)) : 1;
  const power = 10 ** Math.floor(Math.log10(value / step));
  const digit = [1, 2, 5, 10].find((one) => one * power * step >= value * 0.9999) ?? 10;
  const rounded = digit * power * step;
  return rounded === 1000 * step && binary ? 1024 * step : rounded;
}

/**
 * The line through the points as the path of an SVG. It has a hole where nothing is known or where too
 * much time lies between two of them.
 * @param {{at: number, value: number | null}[]} points
 * @param {{from: number, to: number, most: number, width: number, height: number, gapMs: number}} frame
 */
export function path(points, { from, to, most, width, height, gapMs }) {
  let drawn = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, value } of points) {
    if (value === null || at < from) continue;
    const x = round(((at - from) / (to - from)) * width);
    const y = round(height - (Math.min(value, most) / most) * height);
    // A point without neighbours is a dot: a line that goes nowhere, with round ends.
    drawn += at - last > gapMs ? `M${x} ${y}h0` : `L${x} ${y}`;
    last = at;
  }
  return drawn;
}

/** How much time is shown: at first little, for there is not more. @param {number} firstAt @param {number} now */
export function span(firstAt, now) {
  return SPANS_MS.find((ms) => now - firstAt <= ms) ?? SPANS_MS[SPANS_MS.length - 1] ?? 0;
}

/** The newest that is known, unless it is too old. @param {{at: number, value: number | null}[]} points @param {number} since */
export function newest(points, since) {
  const found = points.findLast(({ value }) => value !== null);
  return found && found.at >= since ? found.value : null;
}

/** The one whose time is nearest. @template {{at: number}} T @param {readonly T[]} points @param {number} at */
export function nearest(points, at) {
  /** @type {T | undefined} */
  let best;
  for (const point of points) {
    if (!best || Math.abs(point.at - at) <= Math.abs(best.at - at)) best = point;
  }
  return best;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
