// What the end of a connection means: whether a client comes back by itself, and how. Coming back
// where it must not is the worst that a client can do: two of them would evict each other for ever.

/**
 * @typedef {object} Ending
 * @property {'retry' | 'later' | 'fresh' | 'replaced' | 'over'} verdict
 *   `retry` as soon as it can be, `later` with patience, `fresh` with another token or none, at once
 * @property {string} reason
 * @property {string} message
 */

/**
 * @typedef {object} Evidence
 * @property {number} code the close code, 1006 where the network failed
 * @property {string} reason what was said with it
 * @property {{reason: string, message: string, resume: boolean} | null} closing
 * @property {{code: string, message: string} | null} refusal an error that refused the token
 * @property {boolean} played there was a welcome before, on this page
 */

const REFUSALS = new Set(['token_invalid', 'token_expired', 'token_reused', 'session_lost', 'session_ended']);

/** Close codes after which nobody comes back by himself. */
const FINAL = new Set([1000, 1008, 1009, 4401]);

/** Whether an error says that the token opens nothing. @param {string} code */
export function isRefusal(code) {
  return REFUSALS.has(code);
}

/** @param {Evidence} evidence @returns {Ending} */
export function judge({ code, reason, closing, refusal, played }) {
  if (closing?.reason === 'replaced') return ending('replaced', closing);
  if (closing && !closing.resume) return ending('over', closing);
  if (refusal && isRefusal(refusal.code)) {
    return ending(played ? 'over' : 'fresh', { reason: refusal.code, message: refusal.message });
  }
  if (refusal) return ending('later', { reason: refusal.code, message: refusal.message });
  if (code === 4401) return ending(played ? 'over' : 'fresh', { reason: 'token_invalid', message: reason });
  if (code === 1000 && reason === 'New connection established') {
    return ending('replaced', { reason: 'replaced', message: reason });
  }
  if (FINAL.has(code)) return ending('over', { reason: FINAL_REASONS[code] ?? 'closed', message: reason });
  const later = code === 1012 || code === 1013;
  return ending(later ? 'later' : 'retry', closing ?? { reason: 'link_lost', message: reason });
}

/** @type {Record<number, string>} */
const FINAL_REASONS = { 1000: 'closed', 1008: 'refused', 1009: 'too_big' };

/** @param {Ending['verdict']} verdict @param {{reason: string, message: string}} why @returns {Ending} */
function ending(verdict, { reason, message }) {
  return { verdict, reason, message };
}
