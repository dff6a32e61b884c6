// What the plots show: a sample of the numbers, and what grew since the one before.

/**
 * @typedef {object} Sample
 * @property {number} at
 * @property {string} started which run of mudkeep it is of
 * @property {{lines_in: number, lines_out: number, bytes_out: number}} totals
 * @property {number} connections
 * @property {number} history
 * @property {number | null} linesIn per second, like the next two
 * @property {number | null} linesOut
 * @property {number | null} bytesOut
 * @property {number | null} latencyMedian
 * @property {number | null} latencyMost
 */

/**
 * @param {number} at @param {any} health @param {any} stats
 * @param {{median: number, most: number} | null} latency @param {Sample | undefined} before
 * @returns {Sample}
 */
export function sample(at, health, stats, latency, before) {
  const { lines_in, lines_out, bytes_out } = stats.totals;
  const totals = { lines_in, lines_out, bytes_out };
  const started = health.started_at;
  const comparable = before?.started === started ? before : undefined;
  const grown = (/** @type {keyof typeof totals} */ name) => perSecond(at, totals[name], comparable?.at, comparable?.totals[name]);
  return {
    at, started, totals,
    connections: health.active_connections, history: health.history_bytes,
    linesIn: grown('lines_in'), linesOut: grown('lines_out'), bytesOut: grown('bytes_out'),
    latencyMedian: latency?.median ?? null, latencyMost: latency?.most ?? null,
  };
}

/** @param {number} at @param {number} total @param {number} [atBefore] @param {number} [before] */
function perSecond(at, total, atBefore, before) {
  if (atBefore === undefined || before === undefined || at <= atBefore || total < before) return null;
  return ((total - before) * 1000) / (at - atBefore);
}

/** The round trips of those connections whose transport can tell. @param {{round_trip_seconds: number | null}[]} connections */
export function latency(connections) {
  const known = connections.map((one) => one.round_trip_seconds).filter((one) => typeof one === 'number');
  const sorted = known.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  const at = (/** @type {number} */ place) => sorted[place] ?? 0;
  return { median: sorted.length % 2 ? at(middle) : (at(middle - 1) + at(middle)) / 2, most: at(sorted.length - 1) };
}
